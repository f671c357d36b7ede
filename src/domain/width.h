// The integer types of a width: native ones at 64, 32, 16 and 8 bits, wrapping small ones at 4 and 2 bits, so that
// tests can try every abstract value of an 8-bit or 4-bit "register" (whose low half then has 4 or 2 bits).
#pragma once

#include <compare>
#include <limits>
#include <type_traits>

#include "base/types.h"

namespace skep::domain {

// An integer of Bits < 8 bits. Behaves as u8 and s8 do: it promotes to int in every expression, and a cast back wraps.
template <unsigned Bits, bool Signed>
class SmallInt {
 public:
  constexpr SmallInt() = default;
  constexpr explicit SmallInt(long long v) : v_(wrap(v)) {}
  constexpr operator int() const { return v_; }

 private:
  static constexpr s8 wrap(long long v) {
    const int low = static_cast<int>(v & ((1 << Bits) - 1));
    return static_cast<s8>(Signed && (low >> (Bits - 1)) != 0 ? low - (1 << Bits) : low);
  }
  s8 v_ = 0;
};

template <unsigned W>
struct Width;
template <>
struct Width<64> {
  using U = u64;
  using S = s64;
};
template <>
struct Width<32> {
  using U = u32;
  using S = s32;
};
template <>
struct Width<16> {
  using U = u16;
  using S = s16;
};
template <>
struct Width<8> {
  using U = u8;
  using S = s8;
};
template <>
struct Width<4> {
  using U = SmallInt<4, false>;
  using S = SmallInt<4, true>;
};
template <>
struct Width<2> {
  using U = SmallInt<2, false>;
  using S = SmallInt<2, true>;
};

// The ends of a type, and arithmetic that wraps and tells whether it did (false: `out` is exact).
template <class T>
inline constexpr T kMin = std::numeric_limits<T>::min();
template <class T>
inline constexpr T kMax = std::numeric_limits<T>::max();
template <unsigned B>
inline constexpr SmallInt<B, false> kMin<SmallInt<B, false>>{0};
template <unsigned B>
inline constexpr SmallInt<B, false> kMax<SmallInt<B, false>>{(1 << B) - 1};
template <unsigned B>
inline constexpr SmallInt<B, true> kMin<SmallInt<B, true>>{-(1 << (B - 1))};
template <unsigned B>
inline constexpr SmallInt<B, true> kMax<SmallInt<B, true>>{(1 << (B - 1)) - 1};

template <class T>
constexpr bool wrapped(int exact, T& out) {
  out = T(exact);
  return static_cast<int>(out) != exact;
}
template <class T>
constexpr bool add_overflow(T a, T b, T& out) {
  if constexpr (std::is_integral_v<T>)
    return __builtin_add_overflow(a, b, &out);
  else
    return wrapped(a + b, out);
}
template <class T>
constexpr bool sub_overflow(T a, T b, T& out) {
  if constexpr (std::is_integral_v<T>)
    return __builtin_sub_overflow(a, b, &out);
  else
    return wrapped(a - b, out);
}
template <class T>
constexpr bool mul_overflow(T a, T b, T& out) {
  if constexpr (std::is_integral_v<T>)
    return __builtin_mul_overflow(a, b, &out);
  else
    return wrapped(a * b, out);
}

}  // namespace skep::domain
