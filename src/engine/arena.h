// Where a program's arena lies. An arena pointer counts by its lower half; addresses outside of the arena are memory
// that is not there: loads give 0, stores are lost.
#pragma once

#include "engine/code.h"

namespace skep::engine {

struct ArenaView {
  u8* pages = nullptr;
  u64 size = 0;   // bytes
  u32 start = 0;  // the lower half of the address of its first byte

  static ArenaView of(const Code& code) {
    if (!code.arena) return {};
    const map::MapMeta& meta = code.arena->map().meta();
    return {code.arena->map().data(), u64(meta.max_entries) * map::kPageSize, u32(meta.user_vm_start)};
  }
  // The address of `size` bytes, or one that nothing can be at.
  u64 address(u64 reg, s32 off, u32 bytes) const {
    const u64 at = u64(u32(reg)) + u64(s64(off)) - start;
    return at <= size && size - at >= bytes ? reinterpret_cast<u64>(pages) + at : 0;
  }
};

}  // namespace skep::engine
