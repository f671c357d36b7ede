// Copying and comparing bytes that other threads and processes may change at the same moment: word by word, each an
// atomic load or store, so that a race is only ever a torn value, which the sequence count of the stripe (stripe.h)
// tells. Shared addresses must be aligned to 8 bytes; the tail of a size that is no multiple of 8 goes byte by byte.
#pragma once

#include <cstring>

#include "base/types.h"

namespace skep::map {

template <typename T>
T load_relaxed(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}
template <typename T>
T load_acquire(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_ACQUIRE);
}
template <typename T>
void store_relaxed(T& to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELAXED);
}
// A commit point: everything stored before is there when this is seen.
template <typename T>
void store_release(T& to, T value) {
  __atomic_store_n(&to, value, __ATOMIC_RELEASE);
}

inline void copy_from_shared(void* to, const void* shared, u64 size) {
  auto* out = static_cast<u8*>(to);
  const auto* in = static_cast<const u8*>(shared);
  for (; size >= 8; size -= 8, in += 8, out += 8) {
    const u64 word = load_relaxed(*reinterpret_cast<const u64*>(in));
    std::memcpy(out, &word, sizeof(word));
  }
  for (; size > 0; --size) *out++ = load_relaxed(*in++);
}

inline void copy_to_shared(void* shared, const void* from, u64 size) {
  auto* out = static_cast<u8*>(shared);
  const auto* in = static_cast<const u8*>(from);
  for (; size >= 8; size -= 8, in += 8, out += 8) {
    u64 word;
    std::memcpy(&word, in, sizeof(word));
    store_relaxed(*reinterpret_cast<u64*>(out), word);
  }
  for (; size > 0; --size) store_relaxed(*out++, *in++);
}

inline void zero_shared(void* shared, u64 size) {
  auto* out = static_cast<u8*>(shared);
  for (; size >= 8; size -= 8, out += 8) store_relaxed(*reinterpret_cast<u64*>(out), u64(0));
  for (; size > 0; --size) store_relaxed(*out++, u8(0));
}

inline bool equals_shared(const void* shared, const void* mine, u64 size) {
  const auto* theirs = static_cast<const u8*>(shared);
  const auto* ours = static_cast<const u8*>(mine);
  for (; size >= 8; size -= 8, theirs += 8, ours += 8) {
    u64 word;
    std::memcpy(&word, ours, sizeof(word));
    if (load_relaxed(*reinterpret_cast<const u64*>(theirs)) != word) return false;
  }
  for (; size > 0; --size) {
    if (load_relaxed(*theirs++) != *ours++) return false;
  }
  return true;
}

}  // namespace skep::map
