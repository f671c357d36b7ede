// Copies that go around special fields.
#include "map/fields.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "map/shm/stripe.h"

namespace skep::map {
namespace {

inline constexpr u32 kStay = btf::Field::SpinLock | btf::Field::ResSpinLock | btf::Field::Refcount;

// Byte ranges at odd places: fields need not be aligned to words.
void copy_bytes(u8* shared, const u8* from, u32 size) {
  for (u32 i = 0; i < size; ++i) store_relaxed(shared[i], from[i]);
}

}  // namespace

bool has_spin_lock(const MapMeta& meta) {
  return meta.record && (meta.record->has(btf::Field::SpinLock) || meta.record->has(btf::Field::ResSpinLock));
}

HeldFields held_fields(const btf::Record* record) {
  HeldFields held;
  if (!record) return held;
  held.has_lock = record->spin_lock_off >= 0;
  held.lock_offset = held.has_lock ? u32(record->spin_lock_off) : 0;
  for (const btf::RecordField& field : record->fields) {
    if ((u32(field.type) & kHeldFields) && held.count < kMaxHeldFields)
      held.fields[held.count++] = {field.offset, u16(field.type), u16(field.node_offset)};
  }
  return held;
}

bool fits_value(const HeldFields& held, u32 value_size) {
  if (held.count > kMaxHeldFields || (held.has_lock && u64(held.lock_offset) + 4 > value_size)) return false;
  return std::all_of(held.fields, held.fields + held.count, [&](const HeldField& field) {
    const u64 size = field.type & btf::kKptrFields ? 8 : 16;
    return (field.type & kHeldFields) && std::has_single_bit(field.type) && field.offset % 8 == 0 &&
           field.offset + size <= value_size;
  });
}

void copy_value_in(const Map& map, u8* shared, const u8* from, Fields fields) {
  const MapMeta& meta = map.meta();
  if (fields != Fields::Keep) map.let_go(shared);
  if (!meta.record) return copy_to_shared(shared, from, meta.value_size);
  u32 at = 0;
  for (const btf::RecordField& field : meta.record->fields) {
    copy_bytes(shared + at, from + at, field.offset - at);
    const bool zero = fields == Fields::Zero || (fields == Fields::Drop && !(u32(field.type) & kStay));
    for (u32 i = 0; zero && i < field.size; ++i) store_relaxed(shared[field.offset + i], u8(0));
    at = field.offset + field.size;
  }
  copy_bytes(shared + at, from + at, meta.value_size - at);
}

void copy_value_out(const MapMeta& meta, u8* to, const u8* shared) {
  copy_from_shared(to, shared, meta.value_size);
  if (!meta.record) return;
  for (const btf::RecordField& field : meta.record->fields) std::memset(to + field.offset, 0, field.size);
}

void copy_elem_in(const Map& map, u8* shared, const u8* from, Fields fields) {
  if (!map.meta().record) return copy_to_shared(shared, from, map.user_value_size());  // padding between CPUs too
  const u64 step = round_up(map.meta().value_size, 8);
  const u32 copies = map.ops().per_cpu ? map.cpus() : 1;
  for (u32 cpu = 0; cpu < copies; ++cpu) copy_value_in(map, shared + cpu * step, from + cpu * step, fields);
}

void copy_elem_out(const Map& map, u8* to, const u8* shared) {
  if (!map.meta().record) return copy_from_shared(to, shared, map.user_value_size());
  const u64 step = round_up(map.meta().value_size, 8);
  const u32 copies = map.ops().per_cpu ? map.cpus() : 1;
  for (u32 cpu = 0; cpu < copies; ++cpu) copy_value_out(map.meta(), to + cpu * step, shared + cpu * step);
}

void let_go_elem(const Map& map, u8* shared) {
  if (!map.holds_objects()) return;
  const u64 step = round_up(map.meta().value_size, 8);
  const u32 copies = map.ops().per_cpu ? map.cpus() : 1;
  for (u32 cpu = 0; cpu < copies; ++cpu) map.let_go(shared + cpu * step);
}

void lock_value(const MapMeta& meta, u8* shared) {
  const int offset = meta.record->spin_lock_off >= 0 ? meta.record->spin_lock_off : meta.record->res_spin_lock_off;
  lock_word(*reinterpret_cast<u32*>(shared + offset));
}

void unlock_value(const MapMeta& meta, u8* shared) {
  const int offset = meta.record->spin_lock_off >= 0 ? meta.record->spin_lock_off : meta.record->res_spin_lock_off;
  unlock_word(*reinterpret_cast<u32*>(shared + offset));
}

}  // namespace skep::map
