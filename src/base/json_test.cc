// What JsonWriter writes is JSON, whatever is in the strings.
#include "base/json.h"

#include <gtest/gtest.h>

namespace skep {
namespace {

TEST(JsonQuote, Escapes) {
  EXPECT_EQ(json_quote("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(json_quote("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(json_quote(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
}

TEST(JsonQuote, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(json_quote("ä€😀"), "\"ä€😀\"");
  EXPECT_EQ(json_quote("a\xff"
                       "b"),
            "\"a\xef\xbf\xbd"
            "b\"");
  const std::string_view bad[] = {"\x80",         "\xc0\xaf",         "\xc2", "\xe0\x80\x80",
                                  "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8"};
  for (std::string_view text : bad) {
    std::string expected = "\"";
    for (size_t i = 0; i < text.size(); ++i) expected += "\xef\xbf\xbd";
    EXPECT_EQ(json_quote(text), expected + '"');
  }
}

TEST(JsonWriter, OneLine) {
  JsonWriter json;
  json.begin_object().member("a", 1).member("b", "x").key("c").begin_array();
  json.value(true).value(-1).value(~0ull).null().begin_object().end_object().end_array().end_object();
  EXPECT_EQ(json.take(), R"({"a":1,"b":"x","c":[true,-1,18446744073709551615,null,{}]})");
}

TEST(JsonWriter, Indented) {
  JsonWriter json(2);
  json.begin_object().member("a", 1).key("b").begin_array().value(2).value(3).end_array();
  json.key("c").begin_array().end_array().end_object();
  EXPECT_EQ(json.take(), "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ],\n  \"c\": []\n}");
}

TEST(JsonWriter, TakesAnythingAtTheTopAndStartsAfresh) {
  JsonWriter json;
  json.value("x");
  EXPECT_EQ(json.take(), R"("x")");
  json.begin_array().end_array();
  EXPECT_EQ(json.take(), "[]");
}

TEST(JsonWriterDeathTest, WrongOrderIsABug) {
  EXPECT_DEATH(JsonWriter().begin_object().value(1), "skep: bug");
  EXPECT_DEATH(JsonWriter().begin_array().key("a"), "skep: bug");
  EXPECT_DEATH(JsonWriter().begin_array().end_object(), "skep: bug");
  EXPECT_DEATH(JsonWriter().value(1).value(2), "skep: bug");
}

}  // namespace
}  // namespace skep
