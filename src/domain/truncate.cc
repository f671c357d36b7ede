// What is left of a scalar when only some of its low bytes are kept: 32-bit results, narrow loads, MOVSX, byte swaps
// (spec: instructions.md 5, 6).
#include <algorithm>

#include "domain/scalar.h"

namespace skep::domain {
namespace {

// The low `size` bytes (1, 2, 4) of v as a signed number.
constexpr s64 sign_extended(u64 v, int size) {
  const int unused = 64 - 8 * size;
  return static_cast<s64>(v << unused) >> unused;
}

constexpr u64 low_bytes(int size) { return ~u64{0} >> (64 - 8 * size); }

// What [min, max] becomes when both ends are sign-extended from `size` bytes; ok is false if it may become anything of
// that size.
struct SignExtended {
  bool ok;
  s64 min, max;
};
constexpr SignExtended sign_extend_range(s64 min, s64 max, int size) {
  const s64 a = sign_extended(static_cast<u64>(min), size);
  const s64 b = sign_extended(static_cast<u64>(max), size);
  const u64 upper_difference = static_cast<u64>(min ^ max) & ~low_bytes(size);
  return {upper_difference == 0 && (a < 0) == (b < 0), std::min(a, b), std::max(a, b)};
}

constexpr u64 reversed_bytes(u64 v, int bits) { return __builtin_bswap64(v) >> (64 - bits); }

}  // namespace

template <unsigned W>
void zext_32_to_64(ScalarT<W>& s) {
  using U = typename Width<W>::U;
  using S = typename Width<W>::S;
  using HalfS = typename ScalarT<W>::HalfS;
  s.var_off = tnum_subreg(s.var_off);
  s.umin = U(s.u32_min);
  s.umax = U(s.u32_max);
  const bool positive = s.s32_min >= HalfS(0) && s.s32_max >= HalfS(0);
  s.smin = positive ? S(s.s32_min) : S(0);
  s.smax = positive ? S(s.s32_max) : S(TnumT<W>::kLow);
}

void coerce_to_size(Scalar& s, int size) {
  const u64 keep = low_bytes(size);
  s.var_off = tnum_cast(s.var_off, size);
  const bool same_upper = ((s.umin ^ s.umax) & ~keep) == 0;
  s.umin = same_upper ? s.umin & keep : 0;
  s.umax = same_upper ? s.umax & keep : keep;
  s.smin = static_cast<s64>(s.umin);
  s.smax = static_cast<s64>(s.umax);
  if (size < 4) s.mark32_unbounded();
  sync(s);
}

void coerce_to_size_sx(Scalar& s, int size) {
  if (s.var_off.is_const()) {
    s = Scalar::known(static_cast<u64>(sign_extended(s.var_off.value, size)));
    return;
  }
  const SignExtended r = sign_extend_range(s.smin, s.smax, size);
  if (!r.ok) {
    s = Scalar::unknown();
    s.smax = static_cast<s64>(low_bytes(size) >> 1);
    s.smin = ~s.smax;
    s.s32_min = static_cast<s32>(s.smin);
    s.s32_max = static_cast<s32>(s.smax);
    return;
  }
  s.smin = r.min;
  s.smax = r.max;
  s.umin = static_cast<u64>(r.min);
  s.umax = static_cast<u64>(r.max);
  s.s32_min = static_cast<s32>(r.min);
  s.s32_max = static_cast<s32>(r.max);
  s.u32_min = static_cast<u32>(r.min);
  s.u32_max = static_cast<u32>(r.max);
  s.var_off = Tnum::range(s.umin, s.umax);
}

void coerce_subreg_to_size_sx(Scalar& s, int size) {
  SignExtended r = sign_extend_range(s.s32_min, s.s32_max, size);
  if (s.var_off.is_subreg_const()) {
    r.min = r.max = sign_extended(s.var_off.value, size);
    r.ok = true;
  }
  if (!r.ok) {
    s.var_off = tnum_subreg(Tnum::unknown());
    s.mark32_unbounded();
    s.s32_max = static_cast<s32>(low_bytes(size) >> 1);
    s.s32_min = ~s.s32_max;
    return;
  }
  s.s32_min = static_cast<s32>(r.min);
  s.s32_max = static_cast<s32>(r.max);
  s.u32_min = static_cast<u32>(r.min);
  s.u32_max = static_cast<u32>(r.max);
  s.var_off = Tnum::range(s.u32_min, s.u32_max);
}

void byte_swap(Scalar& s, bool swap, int bits) {
  if (!swap) {
    if (bits < 64) coerce_to_size(s, bits / 8);
    return;
  }
  s.var_off = {reversed_bytes(s.var_off.value, bits), reversed_bytes(s.var_off.mask, bits)};
  s.mark_unbounded();
  sync(s);
}

template void zext_32_to_64(ScalarT<64>&);
template void zext_32_to_64(ScalarT<32>&);
template void zext_32_to_64(ScalarT<16>&);
template void zext_32_to_64(ScalarT<8>&);
template void zext_32_to_64(ScalarT<4>&);

}  // namespace skep::domain
