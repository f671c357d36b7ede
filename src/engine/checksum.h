// The Internet checksum (RFC 1071) in its pieces: a ones' complement sum of 32 bits, and its 16-bit form.
#pragma once

#include <cstring>

#include "base/types.h"

namespace skep::engine {

constexpr u32 csum_add(u32 a, u32 b) {
  const u32 sum = a + b;
  return sum + (sum < b);
}
constexpr u32 csum_sub(u32 a, u32 b) { return csum_add(a, ~b); }

// The complement of the sum folded to 16 bits: what a header holds.
constexpr u16 csum_fold(u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return u16(~sum);
}
// The way back, for a field of a header.
constexpr u32 csum_unfold(u16 field) { return field; }

// `start` and the sum over bytes, which begin at an even place; words as they lie in memory, eight bytes at
// a time: of the sums that mean the same, the one that x86-64 gets.
inline u32 csum_partial(const u8* bytes, size_t size, u32 start) {
  u64 sum = start;
  for (; size; size -= size < 8 ? size : 8, bytes += 8) {
    u64 word = 0;
    std::memcpy(&word, bytes, size < 8 ? size : 8);
    sum += word;
    sum += sum < word;
  }
  return csum_add(u32(sum), u32(sum >> 32));
}

}  // namespace skep::engine
