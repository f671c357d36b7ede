// Bounds synchronisation (reg_bounds_sync): the tnum and the four ranges of a scalar say things about each other; here
// each is narrowed by the others. The steps and their order are the kernel's, since order decides the result (spec:
// instructions.md 5):
//   U  ranges from the tnum        D  ranges from each other: D32 (low half), D64, DM (low half into the whole) T  the
//   tnum from the ranges
#include <algorithm>

#include "domain/scalar.h"

namespace skep::domain {
namespace {

template <class T>
constexpr void narrow(T& min, T& max, T lo, T hi) {
  min = std::max(min, lo);
  max = std::min(max, hi);
}

// What a tnum (v, m) says about an unsigned and a signed range of its width.
template <class U, class S>
constexpr void narrow_by_bits(U v, U m, U& umin, U& umax, S& smin, S& smax) {
  constexpr U kSign = U(kMin<S>);
  narrow(smin, smax, S(v | (m & kSign)), S(v | (m & ~kSign)));
  narrow(umin, umax, v, U(v | m));
}

// If [umin, umax] holds one member of the tnum only, the register is that member.
template <unsigned W>
void settle_single_value(ScalarT<W>& s) {
  using U = typename Width<W>::U;
  if (s.var_off.is_const() && s.umin == s.var_off.value && s.umax >= s.umin) return;
  const U next = tnum_next<W>(s.var_off, s.umin);
  if (s.var_off.contains(s.umin)) {
    if (next > s.umax) s = ScalarT<W>::known(s.umin);
    return;
  }
  const U max = U(s.var_off.value | s.var_off.mask);
  if (next == max || (next <= s.umax && tnum_next<W>(s.var_off, next) > s.umax)) s = ScalarT<W>::known(next);
}

template <unsigned W>
struct Deduce {
  using Scalar = ScalarT<W>;
  using U = typename Scalar::U;
  using S = typename Scalar::S;
  using HalfU = typename Scalar::HalfU;
  using HalfS = typename Scalar::HalfS;

  static constexpr HalfU upper(U v) { return HalfU(v >> (W / 2)); }
  static constexpr U upper_bits(U v) { return U(v & ~TnumT<W>::kLow); }

  // Between the bit patterns min and max (of either signedness) the low half passes through zero once and no further.
  static constexpr bool low_half_crosses_zero(U min, U max) {
    return HalfU(upper(min) + 1) == upper(max) && HalfS(min) < HalfS(0) && HalfS(max) >= HalfS(0);
  }

  // The signed and unsigned range of one width narrow each other. They order numbers alike within each half of the
  // number circle, so where one range stays within a half, the other takes it over; where the signed range crosses
  // zero, the unsigned may still lie in one of its two parts.
  template <class Un, class Si>
  static constexpr void by_signedness(Un& umin, Un& umax, Si& smin, Si& smax) {
    if (Si(umin) <= Si(umax)) narrow(smin, smax, Si(umin), Si(umax));
    if (Un(smin) <= Un(smax)) {
      narrow(umin, umax, Un(smin), Un(smax));
    } else if (umax < Un(smin)) {
      smin = Si(umin);
      umax = std::min(umax, Un(smax));
    } else if (Un(smax) < umin) {
      smax = Si(umax);
      umin = std::max(umin, Un(smin));
    }
  }

  static constexpr void d32(Scalar& s) {
    const U umin = s.umin, umax = s.umax, smin = U(s.smin), smax = U(s.smax);
    if (upper(umin) == upper(umax)) {
      narrow(s.u32_min, s.u32_max, HalfU(umin), HalfU(umax));
      if (HalfS(umin) <= HalfS(umax)) narrow(s.s32_min, s.s32_max, HalfS(umin), HalfS(umax));
    }
    if (upper(smin) == upper(smax)) {
      if (HalfU(smin) <= HalfU(smax)) narrow(s.u32_min, s.u32_max, HalfU(smin), HalfU(smax));
      if (HalfS(smin) <= HalfS(smax)) narrow(s.s32_min, s.s32_max, HalfS(smin), HalfS(smax));
    }
    if (low_half_crosses_zero(umin, umax)) narrow(s.s32_min, s.s32_max, HalfS(umin), HalfS(umax));
    if (low_half_crosses_zero(smin, smax)) narrow(s.s32_min, s.s32_max, HalfS(smin), HalfS(smax));
    by_signedness(s.u32_min, s.u32_max, s.s32_min, s.s32_max);
  }

  static constexpr void dm(Scalar& s) {
    narrow(s.umin, s.umax, U(upper_bits(s.umin) | s.u32_min), U(upper_bits(s.umax) | s.u32_max));
    narrow(s.smin, s.smax, S(upper_bits(U(s.smin)) | s.u32_min), S(upper_bits(U(s.smax)) | s.u32_max));
    if (s.s32_min < HalfS(0) || s.smin < S(kMin<HalfS>) || s.smax > S(kMax<HalfS>)) return;
    s.smin = S(s.s32_min);
    s.smax = S(s.s32_max);
    s.umin = U(s.smin);
    s.umax = U(s.smax);
    s.var_off = tnum_intersect(s.var_off, TnumT<W>::range(s.umin, s.umax));
  }

  static constexpr void all(Scalar& s) {
    d32(s);
    by_signedness(s.umin, s.umax, s.smin, s.smax);
    dm(s);
  }
};

// Step T.
template <unsigned W>
constexpr void narrow_tnum(ScalarT<W>& s) {
  using U = typename Width<W>::U;
  const TnumT<W> whole = tnum_intersect(s.var_off, TnumT<W>::range(s.umin, s.umax));
  const TnumT<W> low = tnum_intersect(tnum_subreg(whole), TnumT<W>::range(U(s.u32_min), U(s.u32_max)));
  s.var_off = tnum_with_subreg(whole, low);
}

}  // namespace

template <unsigned W>
void update_bounds32(ScalarT<W>& s) {
  using HalfU = typename ScalarT<W>::HalfU;
  narrow_by_bits(HalfU(s.var_off.value), HalfU(s.var_off.mask), s.u32_min, s.u32_max, s.s32_min, s.s32_max);
}

template <unsigned W>
void update_bounds(ScalarT<W>& s) {
  update_bounds32(s);
  narrow_by_bits(s.var_off.value, s.var_off.mask, s.umin, s.umax, s.smin, s.smax);
  settle_single_value(s);
}

template <unsigned W>
void sync(ScalarT<W>& s) {
  // The two commonest states are fixed points.
  if (s.var_off.is_const() ? s == ScalarT<W>::known(s.var_off.value) : s == ScalarT<W>::unknown()) return;
  update_bounds(s);
  // Three passes, as the kernel; one that changes nothing makes the rest of them do nothing either.
  for (int pass = 0; pass < 3; ++pass) {
    const ScalarT<W> before = s;
    Deduce<W>::all(s);
    if (s == before) break;
  }
  narrow_tnum(s);
  update_bounds(s);
}

template <unsigned W>
const char* sanity_check(const ScalarT<W>& s) {
  if (s.umin > s.umax || s.smin > s.smax || s.u32_min > s.u32_max || s.s32_min > s.s32_max)
    return "range bounds violation";
  const ScalarT<W> k = ScalarT<W>::known(s.var_off.value);
  if (s.var_off.is_const() && (s.umin != k.umin || s.umax != k.umax || s.smin != k.smin || s.smax != k.smax)) {
    return "const tnum out of sync with range bounds";
  }
  if (s.var_off.is_subreg_const() &&
      (s.u32_min != k.u32_min || s.u32_max != k.u32_max || s.s32_min != k.s32_min || s.s32_max != k.s32_max)) {
    return "const subreg tnum out of sync with range bounds";
  }
  return nullptr;
}

template void sync(ScalarT<64>&);
template void sync(ScalarT<32>&);
template void sync(ScalarT<16>&);
template void sync(ScalarT<8>&);
template void sync(ScalarT<4>&);
template void update_bounds(ScalarT<64>&);
template void update_bounds(ScalarT<32>&);
template void update_bounds(ScalarT<16>&);
template void update_bounds(ScalarT<8>&);
template void update_bounds(ScalarT<4>&);
template void update_bounds32(ScalarT<64>&);
template void update_bounds32(ScalarT<32>&);
template void update_bounds32(ScalarT<16>&);
template void update_bounds32(ScalarT<8>&);
template void update_bounds32(ScalarT<4>&);
template const char* sanity_check(const ScalarT<64>&);
template const char* sanity_check(const ScalarT<32>&);
template const char* sanity_check(const ScalarT<16>&);
template const char* sanity_check(const ScalarT<8>&);
template const char* sanity_check(const ScalarT<4>&);

}  // namespace skep::domain
