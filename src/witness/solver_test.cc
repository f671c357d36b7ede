// The solver's operations are BPF's: held against the engine's arithmetic, on numbers that it must find itself.
#include "witness/solver.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/alu.h"

namespace skep::witness {
namespace {

namespace alu = engine::alu;

constexpr u32 kMs = 20'000;
constexpr u64 kNumbers[] = {
    0, 1, 2, 7, 63, 64, 0x7fffffff, 0x80000000, 0xffffffff, 0x123456789abcdef0, u64{1} << 63, ~u64{0}};

template <typename T>
u64 expected(Op op, u64 x, u64 y) {
  const T a = T(x), b = T(y);
  switch (op) {
    case Op::Add: return alu::Add(a, b);
    case Op::Sub: return alu::Sub(a, b);
    case Op::Mul: return alu::Mul(a, b);
    case Op::Div: return alu::Div(a, b);
    case Op::Mod: return alu::Mod(a, b);
    case Op::SDiv: return alu::SDiv(a, b);
    case Op::SMod: return alu::SMod(a, b);
    case Op::And: return alu::And(a, b);
    case Op::Or: return alu::Or(a, b);
    case Op::Xor: return alu::Xor(a, b);
    case Op::Lsh: return alu::Lsh(a, b);
    case Op::Rsh: return alu::Rsh(a, b);
    case Op::Arsh: return alu::Arsh(a, b);
  }
  return 0;
}

template <typename T>
void compare_operations() {
  constexpr u8 kBits = sizeof(T) * 8;
  for (int op = int(Op::Add); op <= int(Op::Arsh); ++op) {
    for (const u64 a : kNumbers) {
      Solver solver;
      const Term x = solver.fresh(kBits);
      solver.require(solver.compare(Relation::Eq, x, number(a, kBits)));
      for (const u64 b : kNumbers) {
        const Term result = solver.compute(Op(op), x, number(b, kBits));
        ASSERT_EQ(solver.check({}, kMs), Answer::Yes);
        EXPECT_EQ(solver.value_of(result), expected<T>(Op(op), a, b)) << op << ": " << a << ", " << b;
      }
    }
  }
}

TEST(Solver, OperationsAreThoseOfTheEngine) {
  if (!Solver::available()) GTEST_SKIP() << "built without Z3";
  compare_operations<u64>();
  compare_operations<u32>();
}

TEST(Solver, DivisionByAProductIsDivision) {
  if (!Solver::available()) GTEST_SKIP() << "built without Z3";
  constexpr u64 kFactor = 1374389535, kShift = 36, kDivisor = 50;  // of 32-bit numbers
  Solver solver;
  const Term x = solver.extend(solver.fresh(32), 64, false);
  const Term quotient = solver.compute(Op::Rsh, solver.compute(Op::Mul, x, number(kFactor)), number(kShift));
  const Term rest = solver.compute(Op::Sub, x, solver.compute(Op::Mul, quotient, number(kDivisor)));
  EXPECT_EQ(solver.check({solver.compare(Relation::Ge, rest, number(kDivisor))}, kMs), Answer::No);
  for (const u64 n : {u64{0}, u64{49}, u64{50}, u64{99}, u64{0xfffffffe}, u64{0xffffffff}}) {
    ASSERT_EQ(solver.check({solver.compare(Relation::Eq, x, number(n))}, kMs), Answer::Yes);
    EXPECT_EQ(solver.value_of(quotient), n * kFactor >> kShift);
  }
}

TEST(Solver, RelationsAreThoseOfTheEngine) {
  if (!Solver::available()) GTEST_SKIP() << "built without Z3";
  Solver solver;
  for (const u64 a : kNumbers) {
    for (const u64 b : kNumbers) {
      const Term x = solver.fresh(64);
      const Term is_a = solver.compare(Relation::Eq, x, number(a));
      const auto holds = [&](Relation relation) {
        return solver.check({is_a, solver.compare(relation, x, number(b))}, kMs) == Answer::Yes;
      };
      EXPECT_EQ(holds(Relation::Gt), alu::Jgt(a, b));
      EXPECT_EQ(holds(Relation::Le), alu::Jle(a, b));
      EXPECT_EQ(holds(Relation::Sgt), alu::Jsgt(a, b));
      EXPECT_EQ(holds(Relation::Sle), alu::Jsle(a, b));
      EXPECT_EQ(holds(Relation::Set), alu::Jset(a, b));
    }
  }
}

TEST(Solver, TheCoreNamesWhatContradicts) {
  if (!Solver::available()) GTEST_SKIP() << "built without Z3";
  Solver solver;
  const Term x = solver.fresh(64), y = solver.fresh(64);
  const std::vector<Term> conditions = {solver.compare(Relation::Lt, y, number(9)),
                                        solver.compare(Relation::Gt, x, number(5)),
                                        solver.compare(Relation::Lt, x, number(3))};
  ASSERT_EQ(solver.check(conditions, kMs), Answer::No);
  std::vector<size_t> core = solver.core();
  std::sort(core.begin(), core.end());
  EXPECT_EQ(core, (std::vector<size_t>{1, 2}));
}

TEST(Solver, LeavesAreWhatAConditionDependsOn) {
  if (!Solver::available()) GTEST_SKIP() << "built without Z3";
  Solver solver;
  const Term x = solver.fresh(64), y = solver.fresh(64);
  const Term byte = solver.byte_at(solver.fresh_memory(), number(0x1000));
  const Term sum = solver.compute(Op::Add, x, solver.extend(byte, 64, false));
  const std::vector<Term> leaves = solver.leaves({solver.compare(Relation::Lt, sum, number(9))});
  const auto has = [&](Term t) {
    return std::any_of(leaves.begin(), leaves.end(), [&](Term leaf) { return solver.same(leaf, t); });
  };
  EXPECT_TRUE(has(x));
  EXPECT_TRUE(has(byte));
  EXPECT_FALSE(has(y));
}

}  // namespace
}  // namespace skep::witness
