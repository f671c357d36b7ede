// Histories made by hand: the checker must tell those that no order explains.
#include "checker.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "map/ops.h"

namespace skep::map {
namespace {

Op update(u64 start, u64 end, u64 value, u64 flags = BPF_ANY, int result = 0) {
  return {.start = start, .end = end, .kind = Kind::Update, .result = result, .flags = flags, .value = value};
}
Op lookup(u64 start, u64 end, u64 value) { return {.start = start, .end = end, .value = value}; }
Op missed(u64 start, u64 end) { return {.start = start, .end = end, .result = -ENOENT}; }
Op take(u64 start, u64 end, u64 value) { return {.start = start, .end = end, .kind = Kind::Take, .value = value}; }

bool explains(const History& history, Model model = element_model) {
  return check_history(history, {}, model).linearizable;
}

TEST(Checker, ReadsDuringAWriteMaySeeEitherSide) {
  EXPECT_TRUE(explains({{update(0, 10, 1), update(20, 30, 2)}, {lookup(21, 22, 1), lookup(23, 24, 2)}}));
  EXPECT_TRUE(explains({{update(0, 10, 1), update(20, 30, 2)}, {lookup(21, 22, 2)}, {lookup(19, 29, 1)}}));
  EXPECT_TRUE(explains({{update(0, 10, 1)}, {missed(5, 6)}, {lookup(7, 8, 1)}}));
}

TEST(Checker, TellsWhatNoOrderExplains) {
  EXPECT_FALSE(explains({{update(0, 10, 1), update(20, 30, 2)}, {lookup(31, 32, 1)}})) << "a stale read";
  EXPECT_FALSE(explains({{update(0, 10, 1), update(20, 30, 2)}, {lookup(21, 22, 2), lookup(23, 24, 1)}}))
      << "new, then old";
  EXPECT_FALSE(explains({{update(0, 10, 1), update(20, 30, 2)}, {missed(21, 22)}})) << "a replacement with a gap";
  EXPECT_FALSE(explains({{update(0, 10, 1, BPF_NOEXIST)}, {update(0, 10, 2, BPF_NOEXIST)}})) << "two firsts";
  EXPECT_FALSE(explains({{update(0, 10, 1)}, {take(20, 30, 1)}, {take(20, 30, 1)}})) << "taken twice";
  EXPECT_FALSE(explains({{update(0, 10, 1)}, {lookup(20, 30, kTorn)}})) << "torn";
}

TEST(Checker, QueuesAndStacksHaveAnOrder) {
  const History in_order = {{update(0, 1, 1), update(2, 3, 2)}, {take(4, 5, 1), take(6, 7, 2)}};
  const History reversed = {{update(0, 1, 1), update(2, 3, 2)}, {take(4, 5, 2), take(6, 7, 1)}};
  EXPECT_TRUE(explains(in_order, queue_model));
  EXPECT_FALSE(explains(reversed, queue_model));
  EXPECT_TRUE(explains(reversed, stack_model));
  EXPECT_FALSE(explains(in_order, stack_model));
}

TEST(Checker, SaysWhereItEnded) {
  const Verdict verdict = check_history({{update(0, 10, 1)}, {lookup(11, 12, 7)}}, {}, element_model);
  EXPECT_FALSE(verdict.linearizable);
  EXPECT_NE(verdict.text.find("process 1 operation 0: 11 .. 12 lookup flags 0 value 0x7: 0"), std::string::npos)
      << verdict.text;
  EXPECT_EQ(verdict.operations, 2u);
  EXPECT_EQ(verdict.overlapping, 0u);
}

}  // namespace
}  // namespace skep::map
