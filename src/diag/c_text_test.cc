// One line of C: which expression lies at a column, and the names in it.
#include "diag/c_text.h"

#include <gtest/gtest.h>

namespace skep::diag {
namespace {

// The expression at the first place where `mark` stands in the line.
std::string at(std::string_view line, std::string_view mark, bool target = false) {
  return std::string(expression_at(line, u32(line.find(mark)) + 1, target).in(line));
}

// What the expression there is assigned to.
std::string assigned_to(std::string_view line, std::string_view mark) {
  return std::string(assigned_name(line, expression_at(line, u32(line.find(mark)) + 1, false)));
}

TEST(CText, MembersGrowToTheLeft) {
  EXPECT_EQ(at("  if (tcp->dest == bpf_htons(80))", "dest"), "tcp->dest");
  EXPECT_EQ(at("x = a->b.c[i].d + 1;", "d +"), "a->b.c[i].d");
  EXPECT_EQ(at("((struct foo *)p)->x = 1;", "x ="), "((struct foo *)p)->x");
}

TEST(CText, OperatorsTakeBothSides) {
  EXPECT_EQ(at("if ((void *)(eth + 1) > data_end)", "> data"), "(void *)(eth + 1) > data_end");
  EXPECT_EQ(at("return a + b * c < d;", "<"), "a + b * c < d");
  EXPECT_EQ(at("(*value)++;", "*value"), "*value");
  EXPECT_EQ(at("f->cnt++;", "++"), "f->cnt");
  EXPECT_EQ(at("++f->cnt;", "++"), "f->cnt");
  EXPECT_EQ(at("*counter += 1;", "+="), "*counter");
}

TEST(CText, AssignmentsHaveTwoSides) {
  EXPECT_EQ(at("f->data[i] = g(1, 2);", "=", true), "f->data[i]");
  EXPECT_EQ(at("f->data[i] = g(1, 2);", "=", false), "g(1, 2)");
  EXPECT_EQ(assigned_to("struct s *v = f(x);", "f("), "v");
  EXPECT_EQ(assigned_to("a->b = (void *)f(x);", "f("), "a->b");
  EXPECT_EQ(assigned_to("a = b + f(x);", "f("), "");
  EXPECT_EQ(assigned_to("f(x);", "f("), "");
}

TEST(CText, StatementsAreTheirConditions) {
  EXPECT_EQ(at("if (!v)", "if"), "!v");
  EXPECT_EQ(at("return x;", "return"), "return x");
  EXPECT_EQ(at("while ((v = next(&it))) {", "while"), "(v = next(&it))");
}

TEST(CText, BasesAndIndices) {
  EXPECT_EQ(base_of_access("tcp->dest"), "tcp");
  EXPECT_EQ(base_of_access("*v"), "v");
  EXPECT_EQ(base_of_access("f->data[i]"), "f->data");
  EXPECT_EQ(base_of_access("((struct foo *)p)->x.y"), "p");
  EXPECT_EQ(base_of_access("x"), "");
  EXPECT_EQ(index_of_access("f->data[i + 1]"), "i + 1");
  EXPECT_EQ(index_of_access("f->data"), "");
}

TEST(CText, CallsHaveArguments) {
  const std::string_view line = "v = bpf_map_lookup_elem(&flows, f(1, 2));";
  const CallText call = call_of(line, "bpf_map_lookup_elem", 5);
  ASSERT_EQ(call.arguments.size(), 2u);
  EXPECT_EQ(call.arguments[0].in(line), "&flows");
  EXPECT_EQ(call.arguments[1].in(line), "f(1, 2)");
  EXPECT_TRUE(call_of(line, "bpf_loop", 1).span.empty());
}

TEST(CText, ConditionsHaveSides) {
  EXPECT_EQ(condition_of("(void *)(eth + 1) > data_end").left, "eth + 1");
  EXPECT_EQ(condition_of("i >= 16").op, ">=");
  EXPECT_EQ(condition_of("i >= 16").right, "16");
  EXPECT_TRUE(condition_of("!v").negated);
  EXPECT_EQ(condition_of("!v").left, "v");
  EXPECT_EQ(condition_of("a < 1 && b").left, "");
  EXPECT_EQ(condition_of("(v = next(&it))").left, "v");
  EXPECT_EQ(statement_condition("} else if (a < 1) {").begin, 11u);
}

TEST(CText, LoopsHaveCounters) {
  EXPECT_TRUE(begins_loop("  for (int i = 0; i < n; i++) {"));
  EXPECT_TRUE(begins_loop("} while (again);"));
  EXPECT_FALSE(begins_loop("format(x);"));
  EXPECT_EQ(counter_of_loop("for (int i = 0; i < n; i++) {"), "i");
  EXPECT_EQ(counter_of_loop("for (; p < end; ++p)"), "p");
  EXPECT_EQ(counter_of_loop("for (i = 0; i < n; i += 2)"), "i");
  EXPECT_EQ(counter_of_loop("bpf_for(k, 0, 10) {"), "k");
  EXPECT_EQ(counter_of_loop("for (;;) {"), "");
  EXPECT_EQ(counter_of_loop("while (i < 3)"), "");
}

TEST(CText, AssemblyIsNoC) {
  EXPECT_FALSE(reads_as_c("asm volatile (\"r0 = 0;\""));
  EXPECT_FALSE(reads_as_c(""));
  EXPECT_TRUE(reads_as_c("}"));
  EXPECT_TRUE(reads_as_c("  return 0;"));
  EXPECT_TRUE(is_simple("value->cnt"));
  EXPECT_FALSE(is_simple("f(x)"));
  EXPECT_FALSE(is_simple("1"));
}

}  // namespace
}  // namespace skep::diag
