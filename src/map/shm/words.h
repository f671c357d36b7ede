// Copying and comparing bytes that other threads and processes may change at the same moment: word by word, each an
// atomic load or store, so that a race is only ever a torn value, which the sequence count of the stripe (stripe.h)
// tells. Shared addresses must be aligned to 8 bytes.
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

namespace words {

// Calls `each` with a value of every word's type and its offset: eights, then what is left as 4, 2 and 1. Stops when it
// says false. Inlined with its `each`, so that nothing is left of it where the size is a constant.
template <typename F>
[[gnu::always_inline]] inline bool for_each(u64 size, F&& each) {
  u64 at = 0;
  for (; at + 8 <= size; at += 8) {
    if (!each(u64(0), at)) return false;
  }
  if (size & 4) {
    if (!each(u32(0), at)) return false;
    at += 4;
  }
  if (size & 2) {
    if (!each(u16(0), at)) return false;
    at += 2;
  }
  return !(size & 1) || each(u8(0), at);
}

}  // namespace words

// From this size on bytes are moved by memcpy, which is several times as fast and torn no worse; TSan cannot know that.
#if defined(__SANITIZE_THREAD__)
inline constexpr u64 kBulk = ~u64(0);
#else
inline constexpr u64 kBulk = 64;
#endif

inline void copy_from_shared(void* to, const void* shared, u64 size) {
  if (size >= kBulk) {
    std::memcpy(to, shared, size);
    return;
  }
  words::for_each(size, [&]<typename T>(T word, u64 at) {
    word = load_relaxed(*reinterpret_cast<const T*>(static_cast<const u8*>(shared) + at));
    std::memcpy(static_cast<u8*>(to) + at, &word, sizeof(word));
    return true;
  });
}

inline void copy_to_shared(void* shared, const void* from, u64 size) {
  if (size >= kBulk) {
    std::memcpy(shared, from, size);
    return;
  }
  words::for_each(size, [&]<typename T>(T word, u64 at) {
    std::memcpy(&word, static_cast<const u8*>(from) + at, sizeof(word));
    store_relaxed(*reinterpret_cast<T*>(static_cast<u8*>(shared) + at), word);
    return true;
  });
}

inline void zero_shared(void* shared, u64 size) {
  words::for_each(size, [&]<typename T>(T zero, u64 at) {
    store_relaxed(*reinterpret_cast<T*>(static_cast<u8*>(shared) + at), zero);
    return true;
  });
}

[[gnu::always_inline]] inline bool equals_shared(const void* shared, const void* mine, u64 size) {
  return words::for_each(
      size, [&]<typename T>(T word, u64 at) __attribute__((always_inline)) {
        std::memcpy(&word, static_cast<const u8*>(mine) + at, sizeof(word));
        return load_relaxed(*reinterpret_cast<const T*>(static_cast<const u8*>(shared) + at)) == word;
      });
}

}  // namespace skep::map
