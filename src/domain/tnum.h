// Tnum: a set of numbers described by known bits. Bit i of `mask` set: bit i is unknown; else it is that of `value`. value & mask == 0 always.
// The operators are those of Linux 6.18 (spec: instructions.md 4); the multiplication decides precision and so verdicts.
#pragma once

#include "domain/width.h"

namespace skep::domain {

template <unsigned W>
struct TnumT {
  using U = typename Width<W>::U;
  U value, mask;

  bool operator==(const TnumT&) const = default;

  static constexpr TnumT known(U v) { return {v, U(0)}; }
  static constexpr TnumT unknown() { return {U(0), U(~U(0))}; }
  static TnumT range(U min, U max);
  constexpr bool is_const() const { return mask == U(0); }
  constexpr bool is_unknown() const { return mask == U(~U(0)); }
  bool is_subreg_const() const;
};
using Tnum = TnumT<64>;

template <unsigned W> TnumT<W> tnum_lshift(TnumT<W> a, unsigned shift);
template <unsigned W> TnumT<W> tnum_rshift(TnumT<W> a, unsigned shift);
// `bits` is W or W/2: the width whose sign bit is copied down.
template <unsigned W> TnumT<W> tnum_arshift(TnumT<W> a, unsigned shift, unsigned bits);
template <unsigned W> TnumT<W> tnum_add(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_sub(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_neg(TnumT<W> a);
template <unsigned W> TnumT<W> tnum_and(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_or(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_xor(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_mul(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_union(TnumT<W> a, TnumT<W> b);
template <unsigned W> TnumT<W> tnum_intersect(TnumT<W> a, TnumT<W> b);
template <unsigned W> bool tnum_overlap(TnumT<W> a, TnumT<W> b);
template <unsigned W> bool tnum_in(TnumT<W> a, TnumT<W> b);  // every member of b is one of a
template <unsigned W> TnumT<W> tnum_subreg(TnumT<W> a);      // low half, upper half known 0
template <unsigned W> TnumT<W> tnum_clear_subreg(TnumT<W> a);
template <unsigned W> TnumT<W> tnum_with_subreg(TnumT<W> a, TnumT<W> subreg);
Tnum tnum_cast(Tnum a, int size);               // zero-extension of the low `size` bytes
bool tnum_is_aligned(Tnum a, u64 size);         // size is a power of two

}  // namespace skep::domain
