// Solver: bit-vector expressions and the question whether they can be true together. The only file that knows Z3 is
// solver_z3.cc; in a build without it (solver_none.cc) available() is false and nobody makes one.
#pragma once

#include <bit>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/types.h"

namespace skep::witness {

// An expression of a solver: a number of `bits` bits, or with 0 bits a truth value. What is known is computed here and
// now, and costs the solver nothing.
struct Term {
  void* ast = nullptr;  // the solver's, unless known
  u64 value = 0;        // if known; zero-extended
  u8 bits = 64;
  bool known = false;
  u8 used = 64;  // at most so many low bits are not 0: long operations on short numbers are made short

  bool is(u64 v) const { return known && value == v; }
};

constexpr Term number(u64 value, u8 bits = 64) {
  const u64 kept = bits == 64 ? value : value & ((u64{1} << bits) - 1);
  return {nullptr, kept, bits, true, u8(std::bit_width(kept))};
}
constexpr Term truth(bool value) { return {nullptr, value, 0, true, 1}; }

// As BPF has them: division by zero gives 0, the remainder then is the dividend, shift counts are taken modulo the
// width.
enum class Op : u8 { Add, Sub, Mul, Div, Mod, SDiv, SMod, And, Or, Xor, Lsh, Rsh, Arsh };
enum class Relation : u8 { Eq, Ne, Gt, Ge, Lt, Le, Sgt, Sge, Slt, Sle, Set };

enum class Answer : u8 { Yes, No, Unknown };

class Solver {
 public:
  static bool available();

  Solver();
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  // --- expressions: operands of an operation have the same width
  Term fresh(u8 bits);
  Term compute(Op op, Term a, Term b);
  Term compare(Relation relation, Term a, Term b);
  Term both(Term a, Term b);
  Term either(Term a, Term b);
  Term negate(Term condition);
  Term choose(Term condition, Term a, Term b);
  Term extract(Term a, u32 low, u8 bits);
  Term concat(Term high, Term low);
  Term extend(Term a, u8 bits, bool is_signed);
  // Memory that nothing is known of: bytes by 64-bit address. The same address always has the same byte.
  u32 fresh_memory();
  Term byte_at(u32 memory, Term address);
  bool same(Term a, Term b) const;  // the same expression

  // --- questions
  void require(Term condition);  // from now on, in every question
  // Can the conditions and all that is required be true together? At most `ms` milliseconds.
  Answer check(const std::vector<Term>& conditions, u32 ms);
  // After No: places in `conditions` of some that cannot be true together.
  std::vector<size_t> core() const;
  // After Yes: the value in the solution found.
  u64 value_of(Term a);
  // The fresh numbers that a condition depends on.
  std::vector<Term> leaves(const std::vector<Term>& conditions);

 private:
  Term compute_in(Op op, Term a, Term b);
  std::optional<Term> division_by_product(Term product, u64 shift);
  void say_of_division(Op op, Term a, Term b, Term& result);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skep::witness
