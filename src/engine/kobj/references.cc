// See references.h.
#include "engine/kobj/references.h"

#include <fmt/format.h>

#include <iterator>

namespace skep::engine {

u64* References::reserve() {
  HeapSlot* const slot = heap_.my_slot();
  if (!slot) return nullptr;
  for (u64& place : slot->held)
    if (map::load_relaxed(place) == 0) return &place;
  return nullptr;
}

void References::note(HeapObject& object, u32 insn, bool borrowed) {
  u64* const record = reserve();
  if (record) map::store_relaxed(*record, object.pointer());
  held_.push_back({&object, record, insn, borrowed});
  if (!borrowed) totals_.acquired.fetch_add(1, std::memory_order_relaxed);
}

void References::forget(const Held& held) {
  if (held.record && map::load_relaxed(*held.record) == held.object->pointer())
    map::store_relaxed(*held.record, u64(0));
}

bool References::give(u64 pointer) {
  for (auto it = held_.rbegin(); it != held_.rend(); ++it) {
    if (it->borrowed || it->object->pointer() != pointer) continue;
    forget(*it);
    held_.erase(std::next(it).base());
    totals_.released.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  totals_.not_held.fetch_add(1, std::memory_order_relaxed);
  return false;
}

std::string References::complaint() const {
  for (const Held& held : held_) {
    if (!held.borrowed)
      return fmt::format("the program ended with a reference to a {}, taken by instruction {}",
                         heap_kind_name(held.object->kind), held.insn);
  }
  return {};
}

void References::release_all(bool leaked) {
  while (!held_.empty()) {
    const Held held = held_.back();
    held_.pop_back();
    forget(held);
    if (!held.borrowed) (leaked ? totals_.leaked : totals_.released).fetch_add(1, std::memory_order_relaxed);
    heap_.release(*held.object);
  }
}

}  // namespace skep::engine
