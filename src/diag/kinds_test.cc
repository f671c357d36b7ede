// kinds.def against the list of every format Linux 6.18 rejects with: each has a row with exactly its text. Names,
// codes, fields.
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include <gtest/gtest.h>

#include "diag/rejection.h"

namespace skep::diag {
namespace {

constexpr size_t kKinds = size_t(Kind::kCount);

// Formats that no row equals, and why not. The row that stands for them says so in its fields.
const std::map<std::string, Kind> kExemptions = {
    // A list of any length: one preformatted field.
    {"R%d type=%s expected=%s, %s, ...\n", Kind::RegTypeExpected},
    // The two or four %s of a kptr's type and of the expected ones: two preformatted fields.
    {"invalid kptr access, R%d type=%s%s expected=%s%s[ or %s%s]\n", Kind::InvalidKptrAccess},
    // What is known of the value, in one of four forms: one preformatted field.
    {"%s the register %s has[ smin=%lld][ smax=%lld][ unknown scalar value] should have been in [%d, %d]\n",
     Kind::ReturnOutOfRange},
};

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size()) text.replace(at, from.size(), to);
  return text;
}

// A printf format in {fmt}'s spelling, written independently of how kinds.def was.
std::string fmt_of_printf(std::string format) {
  format = replace_all(replace_all(format, "{", "{{"), "}", "}}");
  format = std::regex_replace(format, std::regex("%#(ll)?x"), "{:#x}");
  format = std::regex_replace(format, std::regex("%02x"), "{:02x}");
  format = std::regex_replace(format, std::regex("%x"), "{:x}");
  return std::regex_replace(format, std::regex("%(ll|l|z)?[dus]"), "{}");
}

struct Format {
  std::string family, text;
};

std::vector<Format> listed_formats() {
  std::ifstream file(SKEP_DIAG_DATA "/messages-6.18.txt");
  std::vector<Format> formats;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t tab = line.find('\t');
    formats.push_back({line.substr(0, tab), replace_all(line.substr(tab + 1), "\\n", "\n")});
  }
  return formats;
}

TEST(Kinds, EveryListedFormatHasARow) {
  std::map<std::string, Kind> kinds;
  for (size_t i = 0; i < kKinds; ++i) kinds.emplace(kind_row(Kind(i)).text, Kind(i));
  const std::vector<Format> formats = listed_formats();
  ASSERT_GE(formats.size(), 508u);
  for (const Format& format : formats) {
    if (kExemptions.contains(format.text)) continue;
    EXPECT_TRUE(kinds.contains(fmt_of_printf(format.text))) << format.family << ": " << format.text;
  }
}

TEST(Kinds, ExemptionsAreListedFormatsThatNoRowEquals) {
  std::set<std::string> listed;
  for (const Format& format : listed_formats()) listed.insert(format.text);
  for (const auto& [text, kind] : kExemptions) {
    EXPECT_TRUE(listed.contains(text)) << text;
    EXPECT_NE(kind_row(kind).text, fmt_of_printf(text));
  }
}

TEST(Kinds, TextsAndNamesAreUnique) {
  std::set<std::string_view> texts, names;
  for (size_t i = 0; i < kKinds; ++i) {
    const KindRow& row = kind_row(Kind(i));
    EXPECT_TRUE(row.text.empty() || texts.insert(row.text).second) << row.name;  // silent rejections have none
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(Kinds, FieldsAreUniqueSnakeCaseWithinARow) {
  const std::regex snake_case("[a-z][a-z0-9_]*");
  for (size_t i = 0; i < kKinds; ++i) {
    std::set<std::string_view> seen;
    for (std::string_view field : field_names(Kind(i))) {
      EXPECT_TRUE(std::regex_match(std::string(field), snake_case)) << kind_row(Kind(i)).name << ": " << field;
      EXPECT_TRUE(seen.insert(field).second) << kind_row(Kind(i)).name << ": " << field << " is there twice";
    }
  }
}

TEST(Kinds, AreFoundByName) {
  EXPECT_EQ(find_kind("RegNotReadable"), Kind::RegNotReadable);
  EXPECT_EQ(find_kind("E0102"), std::nullopt);
  EXPECT_EQ(find_kind(""), std::nullopt);
}

}  // namespace
}  // namespace skep::diag
