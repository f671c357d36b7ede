// What generated code calls besides helpers and kfuncs.
#pragma once

#include "engine/run.h"

namespace skep::engine::native {

// Where a tail call goes, in rax and rdx.
struct TailTarget {
  u64 entry = 0;  // kNowhere, kRan, or the address to jump to
  u64 value = 0;  // kRan: the result; an address: its R1
};
inline constexpr u64 kNowhere = 0, kRan = 1;

// The programs that a tail call last went to, by the lower bits of its index: prog arrays hold ids, and to look one up
// takes a lock.
struct TailSite {
  static constexpr u32 kSlots = 8;
  std::atomic<const Code*> recent[kSlots] = {};
};

TailTarget tail_target(u64 ctx, u64 map, u64 index, TailSite& site, u64, Run& run);

// LD_ABS and LD_IND: the value, or kNoPacketWord.
inline constexpr s64 kNoPacketWord = -1;
s64 packet_word(u64 ctx, s64 offset, u32 size);

// Look-ups in hash tables, by the size of the key.
HelperFn hash_lookup_fn(const MapHandle& map);

[[noreturn]] void stop_for_budget(Run& run);
[[noreturn]] void stop_for_unreachable(Run& run);

// The start of a program's first subprogram as generated code jumps to it; 0: it was not compiled.
u64 native_entry(const Code& code, const Run& run);

}  // namespace skep::engine::native
