// What the arithmetic and jump operations compute (RFC 9669, sections 4.1 and 4.3), for u64 and u32. Results are
// zero-extended to 64 bits by their type.
#pragma once

#include <limits>
#include <type_traits>

#include "base/types.h"

namespace skep::engine::alu {

template <typename T>
using Signed = std::make_signed_t<T>;
template <typename T>
constexpr T kShiftMask = sizeof(T) * 8 - 1;
// The smallest number by -1 is the one signed division that overflows.
template <typename T>
constexpr bool overflows(T a, T b) {
  return Signed<T>(a) == std::numeric_limits<Signed<T>>::min() && Signed<T>(b) == -1;
}

template <typename T>
constexpr T Add(T a, T b) {
  return a + b;
}
template <typename T>
constexpr T Sub(T a, T b) {
  return a - b;
}
template <typename T>
constexpr T Mul(T a, T b) {
  return a * b;
}
template <typename T>
constexpr T Div(T a, T b) {
  return b ? a / b : 0;
}
template <typename T>
constexpr T Mod(T a, T b) {
  return b ? a % b : a;
}
template <typename T>
constexpr T SDiv(T a, T b) {
  return b == 0 ? 0 : overflows(a, b) ? a : T(Signed<T>(a) / Signed<T>(b));
}
template <typename T>
constexpr T SMod(T a, T b) {
  return b == 0 ? a : overflows(a, b) ? 0 : T(Signed<T>(a) % Signed<T>(b));
}
template <typename T>
constexpr T Or(T a, T b) {
  return a | b;
}
template <typename T>
constexpr T And(T a, T b) {
  return a & b;
}
template <typename T>
constexpr T Xor(T a, T b) {
  return a ^ b;
}
template <typename T>
constexpr T Lsh(T a, T b) {
  return a << (b & kShiftMask<T>);
}
template <typename T>
constexpr T Rsh(T a, T b) {
  return a >> (b & kShiftMask<T>);
}
template <typename T>
constexpr T Arsh(T a, T b) {
  return T(Signed<T>(a) >> (b & kShiftMask<T>));
}
template <typename T>
constexpr T Mov(T, T b) {
  return b;
}

template <typename T>
constexpr bool Jeq(T a, T b) {
  return a == b;
}
template <typename T>
constexpr bool Jne(T a, T b) {
  return a != b;
}
template <typename T>
constexpr bool Jgt(T a, T b) {
  return a > b;
}
template <typename T>
constexpr bool Jge(T a, T b) {
  return a >= b;
}
template <typename T>
constexpr bool Jlt(T a, T b) {
  return a < b;
}
template <typename T>
constexpr bool Jle(T a, T b) {
  return a <= b;
}
template <typename T>
constexpr bool Jset(T a, T b) {
  return (a & b) != 0;
}
template <typename T>
constexpr bool Jsgt(T a, T b) {
  return Signed<T>(a) > Signed<T>(b);
}
template <typename T>
constexpr bool Jsge(T a, T b) {
  return Signed<T>(a) >= Signed<T>(b);
}
template <typename T>
constexpr bool Jslt(T a, T b) {
  return Signed<T>(a) < Signed<T>(b);
}
template <typename T>
constexpr bool Jsle(T a, T b) {
  return Signed<T>(a) <= Signed<T>(b);
}

}  // namespace skep::engine::alu
