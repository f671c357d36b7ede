// The generator's source of chance: splitmix64, so that a program follows from (seed, index) on every machine.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include "base/types.h"

namespace skep::fuzz {

class Rng {
 public:
  Rng(u64 seed, u64 index) : state_(seed * 0x9e3779b97f4a7c15 + index * 0xd1342543de82ef95 + 1) { next(); }

  u64 next() {
    u64 z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // In [0, n); n > 0.
  u32 below(u32 n) { return u32((next() >> 32) % n); }
  int range(int low, int high) { return low + int(below(u32(high - low + 1))); }
  bool chance(u32 percent) { return below(100) < percent; }
  bool permille(u32 n) { return below(1000) < n; }

  template <typename T>
  const T& pick(std::span<const T> from) {
    return from[below(u32(from.size()))];
  }
  template <typename T, size_t N>
  const T& pick(const T (&from)[N]) {
    return from[below(N)];
  }
  template <typename T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[below(u32(from.size()))];
  }
  // An index, each as probable as its weight.
  size_t weighted(std::initializer_list<u32> weights) {
    u32 sum = 0;
    for (u32 w : weights) sum += w;
    u32 at = below(sum);
    size_t i = 0;
    for (u32 w : weights) {
      if (at < w) return i;
      at -= w;
      i++;
    }
    return 0;
  }

 private:
  u64 state_;
};

}  // namespace skep::fuzz
