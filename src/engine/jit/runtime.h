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

// How a program is reached by tail calls. Lives as long as its code.
struct TailEntry {
  u32 id = ~0u;   // of the program, as prog arrays have it, where 0 is none
  u64 entry = 0;  // without a budget
  const Code* code = nullptr;
};
inline constexpr TailEntry kNoTailEntry;  // none has its id

// The programs that a tail call last went to, by the lower bits of its index: prog arrays hold ids, and to look one up
// takes a lock. Generated code looks here by itself, and asks tail_target() about all others.
struct TailSite {
  static constexpr u32 kSlots = 8;
  std::atomic<const TailEntry*> recent[kSlots];

  TailSite() {
    for (auto& entry : recent) entry.store(&kNoTailEntry, std::memory_order_relaxed);
  }
};
static_assert(sizeof(TailSite) == 8 * TailSite::kSlots);

TailTarget tail_target(u64 ctx, u64 map, u64 index, TailSite& site, u64, Run& run);

// LD_ABS and LD_IND: the value, or kNoPacketWord.
inline constexpr s64 kNoPacketWord = -1;
s64 packet_word(u64 ctx, s64 offset, u32 size);

// Look-ups in maps of maps: a MapHandle, the key.
u64 inner_map_at(u64 handle, u64 key, u64, u64, u64, Run& run);

[[noreturn]] void stop_for_budget(Run& run);
[[noreturn]] void stop_for_unreachable(Run& run);

// How tail calls reach this program; null: it was not compiled.
const TailEntry* tail_entry(const Code& code);
// Where they jump to in this run; 0 likewise.
u64 native_entry(const Code& code, const Run& run);

}  // namespace skep::engine::native
