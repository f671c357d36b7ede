// What a process remembers of a map to find it again quickly: words, by the lower bits of some number. Any thread reads
// and writes them at any time, so a word must say by itself, or together with what it leads to, what it is good for.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>

#include "base/types.h"

namespace skep::map {

class RecentWords {
 public:
  // For about `many` numbers that are in use at a time. All words are `first` at first.
  RecentWords(u32 many, u64 first)
      : mask_(std::bit_ceil(std::clamp(many, kFewest, kMost)) - 1),
        words_(std::make_unique<std::atomic<u64>[]>(mask_ + 1)) {
    for (u32 i = 0; i <= mask_; ++i) words_[i].store(first, std::memory_order_relaxed);
  }
  std::atomic<u64>& of(u64 number) { return words_[number & mask_]; }

  // For generated code: the word of n is the (n & mask)th of these.
  const void* words() const { return words_.get(); }
  u32 mask() const { return mask_; }

 private:
  static constexpr u32 kFewest = 16, kMost = 1024;
  u32 mask_;
  std::unique_ptr<std::atomic<u64>[]> words_;
};

}  // namespace skep::map
