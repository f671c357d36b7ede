// See runtime.h.
#include "engine/jit/runtime.h"

#include <cstring>

#include "engine/packet.h"

namespace skep::engine::native {
namespace {

// The program that entry `index` of a prog array names; null: none.
const Code* program_at(map::Map& programs, u32 index, TailSite& site, Run& run) {
  u32 id = 0;
  const map::ConstBytes key(reinterpret_cast<const u8*>(&index), sizeof(index));
  if (programs.ops().lookup(programs, key, {reinterpret_cast<u8*>(&id), sizeof(id)}, 0) != 0) return nullptr;
  std::atomic<const TailEntry*>& recent = site.recent[index % TailSite::kSlots];
  const TailEntry* const known = recent.load(std::memory_order_acquire);
  if (known->id == id) return known->code;
  const Code* const code = run.machine.objects() ? run.machine.objects()->code_by_id(id) : nullptr;
  if (const TailEntry* const found = code ? tail_entry(*code) : nullptr) recent.store(found, std::memory_order_release);
  return code;
}

}  // namespace

TailTarget tail_target(u64 ctx, u64 map, u64 index, TailSite& site, u64, Run& run) {
  if (run.tail_calls >= kMaxTailCalls) return {};
  const Code* const code = program_at(MapHandle::of(map).map(), u32(index), site, run);
  if (!code) return {};
  const u64 entry = native_entry(*code, run);
  if (!entry) {  // it is interpreted
    u64 r0 = 0;
    return tail_call(run, ctx, map, index, &r0) ? TailTarget{kRan, r0} : TailTarget{};
  }
  ++run.tail_calls;
  return {entry, ctx};
}

s64 packet_word(u64 ctx, s64 offset, u32 size) {
  u64 value = 0;
  return load_packet(ctx, offset, size, &value) ? s64(value) : kNoPacketWord;
}

u64 inner_map_at(u64 handle, u64 key, u64, u64, u64, Run& run) {
  return reinterpret_cast<MapHandle*>(handle)->inner(reinterpret_cast<const u8*>(key), run);
}

void stop_for_budget(Run& run) { stop_run(run, Stop::Budget); }

void stop_for_unreachable(Run& run) {
  run.complaint = "an instruction that the verifier never reached";
  stop_run(run, Stop::Broken);
}

}  // namespace skep::engine::native
