// Array and per-CPU array: values one after the other from the start of the file, each rounded up to 8 bytes; an
// element of a per-CPU array is one value for each possible CPU.
//
// An element changes in place. One word is one store. A longer value is written to the stripe's redo slot first:
//
//   elem = index · redo slot = value · phase = Redo ◆ · value = redo slot · phase = 0
//
// and whoever finds the stripe abandoned with phase = Redo copies once more.
#include <cerrno>
#include <cstring>

#include "map/fields.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kRedo = 1;

Geometry layout_of(const MapMeta& meta, u64 value_bytes) {
  Geometry g;
  Layouter parts(g);
  g.value_bytes = g.elem_size = value_bytes;
  g.values = parts.take(meta.max_entries, value_bytes);
  // Redo slots take at most a sixteenth of the values' memory, but there is one.
  u32 stripes = stripes_for(meta.max_entries);
  while (stripes > 1 && u64(stripes) * 16 > meta.max_entries) stripes /= 2;
  parts.take_stripes(stripes);
  g.redo = parts.take(stripes, value_bytes);
  g.n_elems = meta.max_entries;
  parts.finish();
  return g;
}

Geometry layout(const MapMeta& meta, u32) { return layout_of(meta, round_up(meta.value_size, 8)); }
Geometry percpu_layout(const MapMeta& meta, u32 cpus) { return layout_of(meta, round_up(meta.value_size, 8) * cpus); }

u32 index_of(ConstBytes key) {
  u32 index;
  std::memcpy(&index, key.data(), sizeof(index));
  return index;
}

u8* element(Map& map, u32 index) { return map.data() + u64(index) * map.geometry().elem_size; }
u32 stripe_of(Map& map, u32 index) { return index & (map.geometry().n_stripes - 1); }
u8* redo_slot(Map& map, u32 number) {
  return map.part<u8>(map.geometry().redo) + u64(number) * map.geometry().value_bytes;
}

// A value that one aligned load or store moves whole.
bool is_word(const Map& map) {
  const u32 size = map.meta().value_size;
  return !map.meta().record && !map.ops().per_cpu && (size == 1 || size == 2 || size == 4 || size == 8);
}

void store_word(u8* shared, const u8* value, u32 size) {
  u64 word = 0;
  std::memcpy(&word, value, size);
  switch (size) {
    case 1: return store_release(*shared, u8(word));
    case 2: return store_release(*reinterpret_cast<u16*>(shared), u16(word));
    case 4: return store_release(*reinterpret_cast<u32*>(shared), u32(word));
    default: return store_release(*reinterpret_cast<u64*>(shared), word);
  }
}

void load_word(u8* value, const u8* shared, u32 size) {
  u64 word;
  switch (size) {
    case 1: word = load_acquire(*shared); break;
    case 2: word = load_acquire(*reinterpret_cast<const u16*>(shared)); break;
    case 4: word = load_acquire(*reinterpret_cast<const u32*>(shared)); break;
    default: word = load_acquire(*reinterpret_cast<const u64*>(shared)); break;
  }
  std::memcpy(value, &word, size);
}

void repair(Map& map, u32 number) {
  Stripe& stripe = map.stripe(number);
  const u32 index = load_relaxed(stripe.elem);
  if (load_acquire(stripe.phase) == kRedo && index < map.geometry().n_elems)
    copy_elem_in(map, element(map, index), redo_slot(map, number), Fields::Drop);
  store_release(stripe.phase, u32(0));
}

int lookup(Map& map, ConstBytes key, Bytes value, u64 flags) {
  const u32 index = index_of(key);
  if (index >= map.meta().max_entries) return -ENOENT;
  u8* const shared = element(map, index);
  if (is_word(map)) {
    load_word(value.data(), shared, map.meta().value_size);
    return 0;
  }
  if (!(flags & BPF_F_LOCK)) {
    return read_stripe(map, stripe_of(map, index), [&] {
      copy_elem_out(map, value.data(), shared);
      return 0;
    });
  }
  lock_value(map.meta(), shared);
  copy_elem_out(map, value.data(), shared);
  unlock_value(map.meta(), shared);
  return 0;
}

int check_update(const Map& map, u32 index, u64 flags) {
  const u64 known = map.ops().per_cpu ? u64(0) : u64(BPF_F_LOCK);
  if ((flags & ~known) > BPF_EXIST) return -EINVAL;
  if (index >= map.meta().max_entries) return -E2BIG;
  if (flags & BPF_NOEXIST) return -EEXIST;
  return (flags & BPF_F_LOCK) && !has_spin_lock(map.meta()) ? -EINVAL : 0;
}

void write_with_redo(Map& map, u32 index, const u8* value) {
  const u32 number = stripe_of(map, index);
  Stripe& stripe = map.stripe(number);
  u8 *const shared = element(map, index), *const redo = redo_slot(map, number);
  store_relaxed(stripe.elem, index);
  copy_to_shared(redo, value, map.user_value_size());
  store_release(stripe.phase, kRedo);
  copy_elem_in(map, shared, redo, Fields::Drop);
  store_release(stripe.phase, u32(0));
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  const u32 index = index_of(key);
  if (const int err = check_update(map, index, flags)) return err;
  u8* const shared = element(map, index);
  if (is_word(map)) {
    store_word(shared, value.data(), map.meta().value_size);
    return 0;
  }
  Writer lock(map, stripe_of(map, index));
  if (!lock.ok()) return -EBUSY;
  if (flags & BPF_F_LOCK) {
    lock_value(map.meta(), shared);
    copy_value_in(map, shared, value.data(), Fields::Keep);
    unlock_value(map.meta(), shared);
  } else {
    write_with_redo(map, index, value.data());
  }
  lock.release();
  return 0;
}

int erase(Map&, ConstBytes) { return -EINVAL; }

int next_key(Map& map, const u8* key, Bytes next) {
  const u32 last = map.meta().max_entries - 1;
  u32 index = key == nullptr ? ~0u : index_of({key, 4});
  if (index == last) return -ENOENT;
  index = index > last ? 0 : index + 1;
  std::memcpy(next.data(), &index, sizeof(index));
  return 0;
}

u8* lookup_ptr(Map& map, ConstBytes key, u32 cpu) {
  const u32 index = index_of(key);
  if (index >= map.meta().max_entries) return nullptr;
  return element(map, index) + (map.ops().per_cpu ? round_up(map.meta().value_size, 8) * cpu : 0);
}

int update_from_prog(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32) {
  return update(map, key, value, flags);
}

// A program writes its CPU's value; nobody else does.
int update_this_cpu(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32 cpu) {
  const u32 index = index_of(key);
  if (const int err = check_update(map, index, flags)) return err;
  copy_value_in(map, lookup_ptr(map, key, cpu), value.data(), Fields::Drop);
  return 0;
}

}  // namespace

const MapOps kArrayOps = {.layout = layout,
                          .repair = repair,
                          .lookup = lookup,
                          .update = update,
                          .erase = erase,
                          .next_key = next_key,
                          .lookup_ptr = lookup_ptr,
                          .update_from_prog = update_from_prog,
                          .erase_from_prog = erase,
                          .has_batch = true};

const MapOps kPercpuArrayOps = {.layout = percpu_layout,
                                .repair = repair,
                                .lookup = lookup,
                                .update = update,
                                .erase = erase,
                                .next_key = next_key,
                                .lookup_ptr = lookup_ptr,
                                .update_from_prog = update_this_cpu,
                                .erase_from_prog = erase,
                                .per_cpu = true,
                                .has_batch = true};

}  // namespace skep::map
