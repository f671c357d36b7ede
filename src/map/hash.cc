// Hash and per-CPU hash. Bytes: hash_table.h.
#include "map/hash.h"

#include "map/fields.h"
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta& meta, u32) {
  return HashTable::layout(meta, round_up(meta.value_size, 8), meta.max_entries, meta.map_flags & BPF_F_NO_PREALLOC);
}

Geometry percpu_layout(const MapMeta& meta, u32 cpus) {
  return HashTable::layout(meta, round_up(meta.value_size, 8) * cpus, meta.max_entries,
                           meta.map_flags & BPF_F_NO_PREALLOC);
}

int update_in_place(Map& map, u8* shared, ConstBytes value) {
  lock_value(map.meta(), shared);
  copy_value_in(map, shared, value.data(), Fields::Keep);
  unlock_value(map.meta(), shared);
  return 0;
}

int update_locked(Map& map, HashTable& table, ConstBytes key, ConstBytes value, u64 flags) {
  const s64 link = table.find(key);
  if (link < 0) return int(link);
  if (const int err = check_exists(link != 0, flags)) return err;
  const auto write = [&](u8* shared) { copy_elem_in(map, shared, value.data(), Fields::Zero); };
  if (link == 0) return table.insert(key, write);
  if (flags & BPF_F_LOCK) return update_in_place(map, table.value_of(u32(link)), value);
  return table.replace(u32(link), write);
}

template <bool kPerCpu>
struct Kind {
  template <u32 kKey>
  struct Find {
    static u8* find(Map& map, const u8* key, u32 cpu) {
      const u32 link = hash_find(map, key_bytes(map, key, kKey));
      return link != 0 ? hash_value<kPerCpu>(map, link, cpu) : nullptr;
    }
  };
};

int update_from_prog(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32) {
  return hash_update(map, key, value, flags);
}

}  // namespace

int hash_update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  const u64 known = map.ops().per_cpu ? u64(0) : u64(BPF_F_LOCK);
  if ((flags & ~known) > BPF_EXIST || ((flags & BPF_F_LOCK) && !has_spin_lock(map.meta()))) return -EINVAL;
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const int result = update_locked(map, table, key, value, flags);
  lock.release();
  return result;
}

// A program writes one CPU's value; a new element's other CPUs start from zero.
int hash_update_this_cpu(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32 cpu) {
  if (flags > BPF_EXIST) return -EINVAL;
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const u64 offset = round_up(map.meta().value_size, 8) * cpu;
  const s64 link = table.find(key);
  int result = link < 0 ? int(link) : check_exists(link != 0, flags);
  if (result == 0 && link == 0) {
    result = table.insert(key, [&](u8* shared) {
      zero_shared(shared, map.geometry().value_bytes);
      copy_value_in(map, shared + offset, value.data(), Fields::Zero);
    });
  } else if (result == 0) {
    copy_value_in(map, table.value_of(u32(link)) + offset, value.data(), Fields::Drop);
  }
  lock.release();
  return result;
}

int check_exists(bool exists, u64 flags) {
  if (exists && (flags & BPF_NOEXIST)) return -EEXIST;
  return !exists && (flags & BPF_EXIST) ? -ENOENT : 0;
}

int hash_lookup(Map& map, ConstBytes key, Bytes value, u64 flags) {
  HashTable table(map, key);
  u8* shared = nullptr;
  const int found = read_stripe(map, table.stripe_number(), [&]() -> int {
    const s64 link = table.find(key);
    if (link <= 0) return link < 0 ? int(link) : -ENOENT;
    shared = table.value_of(u32(link));
    if (!(flags & BPF_F_LOCK)) copy_elem_out(map, value.data(), shared);
    return 0;
  });
  if (found != 0 || !(flags & BPF_F_LOCK)) return found;
  lock_value(map.meta(), shared);
  copy_elem_out(map, value.data(), shared);
  unlock_value(map.meta(), shared);
  return 0;
}

int hash_erase(Map& map, ConstBytes key) { return hash_lookup_and_delete(map, key, {}, 0); }

int hash_lookup_and_delete(Map& map, ConstBytes key, Bytes value, u64) {
  HashTable table(map, key);
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const s64 link = table.find(key);
  if (link > 0) {
    if (!value.empty()) copy_elem_out(map, value.data(), table.value_of(u32(link)));
    table.erase(u32(link));
  }
  lock.release();
  return link > 0 ? 0 : link < 0 ? int(link) : -ENOENT;
}

int hash_next_key(Map& map, const u8* key, Bytes next) {
  const auto take = [&](HashTable& table, s64 link) -> int {
    if (link <= 0) return link < 0 ? int(link) : -ENOENT;
    copy_from_shared(next.data(), table.key_of(u32(link)), next.size());
    return 0;
  };
  u32 bucket = 0;
  if (key != nullptr) {
    HashTable table(map, ConstBytes(key, map.meta().key_size));
    const int result = read_stripe(map, table.stripe_number(), [&]() -> int {
      const s64 link = table.find({key, map.meta().key_size});
      if (link == 0) return -ESRCH;  // not there (any more): start again
      return link < 0 ? int(link) : take(table, table.next(u32(link)));
    });
    if (result == 0 || result == -EIO) return result;
    if (result == -ENOENT) bucket = table.bucket() + 1;
  }
  for (; bucket < map.geometry().n_buckets; ++bucket) {
    HashTable table(map, bucket);
    const int result = read_stripe(map, table.stripe_number(), [&] { return take(table, table.first()); });
    if (result != -ENOENT) return result;
  }
  return -ENOENT;
}

u8* hash_lookup_ptr(Map& map, ConstBytes key, u32 cpu) {
  const u32 link = hash_find(map, key);
  if (link == 0) return nullptr;
  return map.ops().per_cpu ? hash_value<true>(map, link, cpu) : hash_value<false>(map, link, cpu);
}

const MapOps kHashOps = {.layout = layout,
                         .init = HashTable::init,
                         .repair = HashTable::repair,
                         .lookup = hash_lookup,
                         .update = hash_update,
                         .erase = hash_erase,
                         .next_key = hash_next_key,
                         .lookup_and_delete = hash_lookup_and_delete,
                         .lookup_ptr = hash_lookup_ptr,
                         .lookup_fn = by_key_size<Kind<false>::Find>,
                         .update_from_prog = update_from_prog,
                         .erase_from_prog = hash_erase,
                         .has_batch = true,
                         .has_delete_batch = true};

const MapOps kPercpuHashOps = {.layout = percpu_layout,
                               .init = HashTable::init,
                               .repair = HashTable::repair,
                               .lookup = hash_lookup,
                               .update = hash_update,
                               .erase = hash_erase,
                               .next_key = hash_next_key,
                               .lookup_and_delete = hash_lookup_and_delete,
                               .lookup_ptr = hash_lookup_ptr,
                               .lookup_fn = by_key_size<Kind<true>::Find>,
                               .update_from_prog = hash_update_this_cpu,
                               .erase_from_prog = hash_erase,
                               .per_cpu = true,
                               .has_batch = true,
                               .has_delete_batch = true};

}  // namespace skep::map
