// The templates of words.def: their codes exist, their braces close; and values in words.
#include "diag/words.h"

#include <gtest/gtest.h>

#include <climits>

#include "diag/cause.h"

namespace skep::diag {
namespace {

struct Row {
  std::string_view code;
  std::array<std::string_view, 5> texts;
};
constexpr Row kRows[] = {
#define SKEP_WORDS(code, title, label, required, known, help) {code, {title, label, required, known, help}},
#include "diag/words.def"
#undef SKEP_WORDS
};

Known number(s64 min, s64 max) {
  Known known;
  known.kind = Known::Kind::Number;
  known.smin = min;
  known.smax = max;
  known.umin = min < 0 ? 0 : u64(min);
  known.umax = min < 0 ? UINT64_MAX : u64(max);
  known.s32_min = INT_MIN;
  known.s32_max = INT_MAX;
  return known;
}

TEST(Words, EveryRowHasACauseAndClosedBraces) {
  for (const Row& row : kRows) {
    EXPECT_NE(find_cause(row.code.substr(0, row.code.find('/'))), nullptr) << row.code;
    for (std::string_view text : row.texts) {
      int depth = 0;
      for (const char c : text) {
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
        EXPECT_TRUE(depth == 0 || depth == 1) << row.code << ": " << text;
      }
      EXPECT_EQ(depth, 0) << row.code << ": " << text;
    }
  }
}

TEST(Words, NumbersReadWell) {
  EXPECT_EQ(words_of(number(5, 5)), "5");
  EXPECT_EQ(words_of(number(0, 255)), "between 0 and 255");
  EXPECT_EQ(words_of(number(0, UINT_MAX)), "any 32-bit number");
  EXPECT_EQ(words_of(number(-1, 15)), "between -1 and 15");
  EXPECT_EQ(words_of(number(INT64_MIN, INT64_MAX)), "any number");
  EXPECT_EQ(words_of(number(INT64_MIN, 7)), "at most 7, and may be negative");
  EXPECT_EQ(interval_of(number(0, 1LL << 40)), "[0, 2^40]");
}

TEST(Words, PointersSayWhereTheyPoint) {
  Known known;
  known.kind = Known::Kind::Pointer;
  known.object = "the packet";
  EXPECT_EQ(words_of(known), "a pointer to the packet");
  known.off = 14;
  known.may_be_null = true;
  EXPECT_EQ(words_of(known), "a pointer to the packet + 14, or NULL");
  known.umax = 60;
  EXPECT_EQ(words_of(known), "a pointer to the packet plus a variable offset, or NULL");
}

TEST(Words, WithoutFactsThereIsTheTitleOfTheCause) {
  Explanation bare;
  bare.rejection = make_rejection(InvalidMemAccess{}, 0, "map_value_or_null");
  put_into_words(bare);
  EXPECT_FALSE(bare.title.empty());
  Explanation unknown;
  unknown.rejection = make_rejection(TooManySubprogs{});
  put_into_words(unknown);
  EXPECT_EQ(unknown.title, cause_of(unknown.rejection).title);
}

}  // namespace
}  // namespace skep::diag
