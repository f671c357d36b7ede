// Memory for one key or value of a call: on the stack as long as it is small.
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "base/types.h"

namespace skep::sys {

class ElemBuffer {
 public:
  // Zeros. `ok()` is false if there is no memory.
  explicit ElemBuffer(u64 size) : size_(size) {
    if (size > sizeof(small_)) large_.reset(new (std::nothrow) u8[size]);
    if (ok()) std::memset(data(), 0, size);
  }
  bool ok() const { return size_ <= sizeof(small_) || large_ != nullptr; }
  u8* data() { return large_ ? large_.get() : small_; }
  u64 size() const { return size_; }
  std::span<u8> bytes() { return {data(), size_}; }

 private:
  alignas(8) u8 small_[256];
  std::unique_ptr<u8[]> large_;
  u64 size_;
};

}  // namespace skep::sys
