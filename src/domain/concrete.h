// For the tests: what the operations do to real numbers of width W, and whether a number is one of those a scalar
// stands for.
#pragma once

#include <utility>
#include <vector>

#include "domain/scalar.h"

namespace skep::domain {

inline constexpr AluOp kAluOps[] = {AluOp::Add, AluOp::Sub, AluOp::Mul, AluOp::Div, AluOp::Or,  AluOp::And,
                                    AluOp::Lsh, AluOp::Rsh, AluOp::Neg, AluOp::Mod, AluOp::Xor, AluOp::Arsh};
inline constexpr JmpOp kJmpOps[] = {JmpOp::Eq, JmpOp::Ne, JmpOp::Set, JmpOp::NotSet, JmpOp::Gt,  JmpOp::Ge,
                                    JmpOp::Lt, JmpOp::Le, JmpOp::Sgt, JmpOp::Sge,    JmpOp::Slt, JmpOp::Sle};

template <unsigned W>
constexpr bool contains(const ScalarT<W>& s, typename Width<W>::U v) {
  using T = ScalarT<W>;
  using S = typename T::S;
  using HalfU = typename T::HalfU;
  using HalfS = typename T::HalfS;
  return s.var_off.contains(v) && s.umin <= v && v <= s.umax && s.smin <= S(v) && S(v) <= s.smax &&
         s.u32_min <= HalfU(v) && HalfU(v) <= s.u32_max && s.s32_min <= HalfS(v) && HalfS(v) <= s.s32_max;
}

// At one width; the caller widens a 32-bit result with zeros. Shifts take the low bits of their count, division by zero
// is as in BPF.
template <unsigned W>
constexpr typename Width<W>::U concrete_at(AluOp op, typename Width<W>::U a, typename Width<W>::U b) {
  using U = typename Width<W>::U;
  using S = typename Width<W>::S;
  const unsigned shift = unsigned(u64(b) & (W - 1));
  switch (op) {
    case AluOp::Add: return U(u64(a) + u64(b));
    case AluOp::Sub: return U(u64(a) - u64(b));
    case AluOp::Mul: return U(u64(a) * u64(b));
    case AluOp::Div: return b == U(0) ? U(0) : U(a / b);
    case AluOp::Mod: return b == U(0) ? a : U(a % b);
    case AluOp::Or: return U(a | b);
    case AluOp::And: return U(a & b);
    case AluOp::Xor: return U(a ^ b);
    case AluOp::Lsh: return U(u64(a) << shift);
    case AluOp::Rsh: return U(a >> shift);
    case AluOp::Arsh: return U(S(a) >> shift);
    case AluOp::Neg: return U(u64{0} - u64(a));
  }
  return a;
}

template <unsigned W>
constexpr typename Width<W>::U concrete(AluOp op, bool is64, typename Width<W>::U a, typename Width<W>::U b) {
  using U = typename Width<W>::U;
  using Half = typename Width<W / 2>::U;
  if (is64) return concrete_at<W>(op, a, b);
  return U(concrete_at<W / 2>(op, Half(a), Half(b)));
}

template <class U, class S>
constexpr bool holds_at(JmpOp op, U a, U b) {
  switch (op) {
    case JmpOp::Eq: return a == b;
    case JmpOp::Ne: return a != b;
    case JmpOp::Set: return (a & b) != 0;
    case JmpOp::NotSet: return (a & b) == 0;
    case JmpOp::Gt: return a > b;
    case JmpOp::Ge: return a >= b;
    case JmpOp::Lt: return a < b;
    case JmpOp::Le: return a <= b;
    case JmpOp::Sgt: return S(a) > S(b);
    case JmpOp::Sge: return S(a) >= S(b);
    case JmpOp::Slt: return S(a) < S(b);
    case JmpOp::Sle: return S(a) <= S(b);
  }
  return false;
}

template <unsigned W>
constexpr bool holds(JmpOp op, bool is_jmp32, typename Width<W>::U a, typename Width<W>::U b) {
  using T = ScalarT<W>;
  if (!is_jmp32) return holds_at<typename T::U, typename T::S>(op, a, b);
  return holds_at<typename T::HalfU, typename T::HalfS>(op, typename T::HalfU(a), typename T::HalfU(b));
}

// All tnums of W bits; number i has the ternary digits of its bits: 0, 1 and 2 for unknown.
template <unsigned W>
std::vector<TnumT<W>> all_tnums() {
  using U = typename Width<W>::U;
  std::vector<TnumT<W>> all{{U(0), U(0)}};
  for (unsigned bit = 0; bit < W; ++bit) {
    const size_t n = all.size();
    for (const bool unknown : {false, true}) {
      for (size_t i = 0; i < n; ++i) {
        const U one = U(1u << bit);
        all.push_back(unknown ? TnumT<W>{all[i].value, U(all[i].mask | one)}
                              : TnumT<W>{U(all[i].value | one), all[i].mask});
      }
    }
  }
  return all;
}

// All pairs min <= max of a type.
template <class T>
std::vector<std::pair<T, T>> all_ranges() {
  std::vector<std::pair<T, T>> all;
  for (int min = kMin<T>; min <= kMax<T>; ++min) {
    for (int max = min; max <= kMax<T>; ++max) all.push_back({T(min), T(max)});
  }
  return all;
}

}  // namespace skep::domain
