// Tnum: a set of numbers described by known bits. Bit i of `mask` set: bit i is unknown; else it is that of `value`.
// value & mask == 0 always. The operators are those of Linux 6.18 (spec: instructions.md 4); the multiplication decides
// precision and so verdicts. Small operators are inline: the verifier runs several of them for every instruction.
#pragma once

#include <bit>

#include "domain/width.h"

namespace skep::domain {

template <unsigned W>
struct TnumT {
  using U = typename Width<W>::U;
  static constexpr U kLow = U((u64{1} << (W / 2)) - 1);  // the bits of the low half

  U value, mask;

  bool operator==(const TnumT&) const = default;

  static constexpr TnumT known(U v) { return {v, U(0)}; }
  static constexpr TnumT unknown() { return {U(0), U(~U(0))}; }
  // The smallest tnum that holds [min, max] (min <= max): the common upper bits.
  static constexpr TnumT range(U min, U max) {
    const unsigned bits = std::bit_width(static_cast<u64>(min ^ max));
    if (bits >= W) return unknown();
    const U low = U((u64{1} << bits) - 1);
    return {U(min & ~low), low};
  }
  constexpr bool is_const() const { return mask == U(0); }
  constexpr bool is_unknown() const { return mask == U(~U(0)); }
  constexpr bool is_subreg_const() const { return (mask & kLow) == 0; }
  constexpr bool contains(U v) const { return U(v & ~mask) == value; }
};
using Tnum = TnumT<64>;

template <unsigned W>
constexpr TnumT<W> tnum_lshift(TnumT<W> a, unsigned shift) {
  using U = typename Width<W>::U;
  return {U(a.value << shift), U(a.mask << shift)};
}

template <unsigned W>
constexpr TnumT<W> tnum_rshift(TnumT<W> a, unsigned shift) {
  using U = typename Width<W>::U;
  return {U(a.value >> shift), U(a.mask >> shift)};
}

// `bits` is W or W/2: the width whose sign bit is copied down. W/2 looks at the low half only; the upper half of the
// result is known 0.
template <unsigned W>
constexpr TnumT<W> tnum_arshift(TnumT<W> a, unsigned shift, unsigned bits) {
  using U = typename Width<W>::U;
  using S = typename Width<W>::S;
  using HalfU = typename Width<W / 2>::U;
  using HalfS = typename Width<W / 2>::S;
  if (bits == W) return {U(S(a.value) >> shift), U(S(a.mask) >> shift)};
  return {U(HalfU(HalfS(a.value) >> shift)), U(HalfU(HalfS(a.mask) >> shift))};
}

template <unsigned W>
constexpr TnumT<W> tnum_add(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U masks = U(a.mask + b.mask);
  const U values = U(a.value + b.value);
  const U carries = U(U(masks + values) ^ values);
  const U mu = U(carries | a.mask | b.mask);
  return {U(values & ~mu), mu};
}

template <unsigned W>
constexpr TnumT<W> tnum_sub(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U diff = U(a.value - b.value);
  const U borrows = U(U(diff + a.mask) ^ U(diff - b.mask));
  const U mu = U(borrows | a.mask | b.mask);
  return {U(diff & ~mu), mu};
}

template <unsigned W>
constexpr TnumT<W> tnum_neg(TnumT<W> a) {
  return tnum_sub(TnumT<W>::known(typename Width<W>::U(0)), a);
}

template <unsigned W>
constexpr TnumT<W> tnum_and(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U v = U(a.value & b.value);
  return {v, U((a.value | a.mask) & (b.value | b.mask) & ~v)};
}

template <unsigned W>
constexpr TnumT<W> tnum_or(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U v = U(a.value | b.value);
  return {v, U((a.mask | b.mask) & ~v)};
}

template <unsigned W>
constexpr TnumT<W> tnum_xor(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U mu = U(a.mask | b.mask);
  return {U((a.value ^ b.value) & ~mu), mu};
}

// Long multiplication by the bits of `a`, low to high. Not commutative in precision.
template <unsigned W>
TnumT<W> tnum_mul(TnumT<W> a, TnumT<W> b);

template <unsigned W>
constexpr TnumT<W> tnum_union(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U mu = U((a.value ^ b.value) | a.mask | b.mask);
  return {U(a.value & b.value & ~mu), mu};
}

// REQUIRES for a meaningful result: a and b overlap. (Contradictory knowledge gives some tnum, as in the kernel.)
template <unsigned W>
constexpr TnumT<W> tnum_intersect(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  const U mu = U(a.mask & b.mask);
  return {U((a.value | b.value) & ~mu), mu};
}

// False: no number is a member of both.
template <unsigned W>
constexpr bool tnum_overlap(TnumT<W> a, TnumT<W> b) {
  return ((a.value ^ b.value) & ~a.mask & ~b.mask) == 0;
}

// Every member of b is one of a.
template <unsigned W>
constexpr bool tnum_in(TnumT<W> a, TnumT<W> b) {
  using U = typename Width<W>::U;
  return (b.mask & ~a.mask) == 0 && U(b.value & ~a.mask) == a.value;
}

// Low half, upper half known 0.
template <unsigned W>
constexpr TnumT<W> tnum_subreg(TnumT<W> a) {
  using U = typename Width<W>::U;
  return {U(a.value & TnumT<W>::kLow), U(a.mask & TnumT<W>::kLow)};
}

template <unsigned W>
constexpr TnumT<W> tnum_clear_subreg(TnumT<W> a) {
  using U = typename Width<W>::U;
  return {U(a.value & ~TnumT<W>::kLow), U(a.mask & ~TnumT<W>::kLow)};
}

template <unsigned W>
constexpr TnumT<W> tnum_with_subreg(TnumT<W> a, TnumT<W> subreg) {
  using U = typename Width<W>::U;
  const TnumT<W> high = tnum_clear_subreg(a);
  const TnumT<W> low = tnum_subreg(subreg);
  return {U(high.value | low.value), U(high.mask | low.mask)};
}

// The smallest member above z; the largest member if none is; the smallest member if z is below it.
template <unsigned W>
typename Width<W>::U tnum_next(TnumT<W> t, typename Width<W>::U z);

// Zero-extension of the low `size` bytes (1 to 8).
constexpr Tnum tnum_cast(Tnum a, int size) {
  const u64 keep = ~u64{0} >> (64 - 8 * size);
  return {a.value & keep, a.mask & keep};
}

// REQUIRES: size is a power of two. (0 counts as aligned to everything, as in the kernel.)
constexpr bool tnum_is_aligned(Tnum a, u64 size) { return size == 0 || ((a.value | a.mask) & (size - 1)) == 0; }

}  // namespace skep::domain
