// BPF_MAP_LOOKUP_BATCH, LOOKUP_AND_DELETE_BATCH, UPDATE_BATCH and DELETE_BATCH. Hash tables go by buckets, and the
// caller's place is the number (u32) of a bucket; other types go by keys, and it is the last key.
#include <algorithm>

#include "map/fields.h"
#include "map/hash_batch.h"
#include "sys/command.h"
#include "sys/elem_buffer.h"
#include "sys/map_objects.h"

namespace skep::sys {
namespace {

inline constexpr u64 kFLock = map::BPF_F_LOCK;
inline constexpr u64 kRoom = 1 << 20;  // bytes of elements that are copied at a time

struct Batch {
  Call& call;
  const MapBatchAttr attr;
  map::Map& map;

  u64 key_size() const { return map.meta().key_size; }
  u64 value_size() const { return map.user_value_size(); }
  u64 key_at(u64 n) const { return attr.keys + n * key_size(); }
  u64 value_at(u64 n) const { return attr.values + n * value_size(); }
  [[nodiscard]] bool write_count(u32 count) const { return call.write_back(offsetof(MapBatchAttr, count), count); }
};

int check_elem_flags(const Batch& batch) {
  if (batch.attr.elem_flags & ~kFLock) return -EINVAL;
  return (batch.attr.elem_flags & kFLock) && !map::has_spin_lock(batch.map.meta()) ? -EINVAL : 0;
}

// The end of every batch: the number of elements done, whatever stopped it.
long finish(const Batch& batch, long result, u32 count) {
  if (result == -EFAULT) return result;
  return batch.write_count(count) ? result : -EFAULT;
}

long update_batch(const Batch& batch) {
  if (int err = check_elem_flags(batch)) return err;
  if (batch.attr.count == 0) return 0;
  ElemBuffer key(batch.key_size()), value(batch.value_size());
  if (!key.ok() || !value.ok()) return -ENOMEM;
  if (!batch.write_count(0)) return -EFAULT;
  u32 done = 0;
  long result = 0;
  for (; done < batch.attr.count; ++done) {
    const bool copied = copy_from_user(key.data(), batch.key_at(done), key.size()) &&
                        copy_from_user(value.data(), batch.value_at(done), value.size());
    result =
        copied ? update_elem(batch.call.kernel, batch.map, key.bytes(), value.bytes(), batch.attr.elem_flags) : -EFAULT;
    if (result != 0) break;
  }
  return finish(batch, result, done);
}

long delete_batch(const Batch& batch) {
  if (int err = check_elem_flags(batch)) return err;
  if (batch.attr.count == 0) return 0;
  ElemBuffer key(batch.key_size());
  if (!key.ok()) return -ENOMEM;
  if (!batch.write_count(0)) return -EFAULT;
  u32 done = 0;
  long result = 0;
  for (; done < batch.attr.count; ++done) {
    result = copy_from_user(key.data(), batch.key_at(done), key.size())
                 ? delete_elem(batch.call.kernel, batch.map, key.bytes())
                 : -EFAULT;
    if (result != 0) break;
  }
  return finish(batch, result, done);
}

// Keys and values one by one. An element that is gone when its turn comes is passed over.
long copy_elements(const Batch& batch, ElemBuffer& last, bool& started, u32& done) {
  ElemBuffer key(batch.key_size()), value(batch.value_size());
  if (!key.ok() || !value.ok()) return -ENOMEM;
  while (done < batch.attr.count) {
    if (int err = map::get_next_key(batch.map, started ? last.data() : nullptr, key.bytes())) return err;
    std::memcpy(last.data(), key.data(), key.size());
    started = true;
    const int err = map::lookup_elem(batch.map, key.bytes(), value.bytes(), batch.attr.elem_flags);
    if (err == -ENOENT) continue;
    if (err != 0) return err;
    if (!copy_to_user(batch.key_at(done), key.data(), key.size()) ||
        !copy_to_user(batch.value_at(done), value.data(), value.size()))
      return -EFAULT;
    ++done;
  }
  return 0;
}

long lookup_batch(const Batch& batch) {
  if (int err = check_elem_flags(batch)) return err;
  if (batch.attr.count == 0) return 0;
  if (!batch.write_count(0)) return -EFAULT;
  ElemBuffer last(batch.key_size());
  if (!last.ok()) return -ENOMEM;
  bool started = batch.attr.in_batch != 0;
  if (started && !copy_from_user(last.data(), batch.attr.in_batch, last.size())) return -EFAULT;
  u32 done = 0;
  const long result = copy_elements(batch, last, started, done);
  if (result == -EFAULT) return result;
  if (!batch.write_count(done)) return -EFAULT;
  return done == 0 || copy_to_user(batch.attr.out_batch, last.data(), last.size()) ? result : -EFAULT;
}

// Takes buckets into memory of ours and copies them out, as long as there are any and the caller has room.
long copy_buckets(const Batch& batch, bool erase, u32& bucket, u32& done) {
  const u64 each = batch.key_size() + batch.value_size();
  const u64 room = std::clamp<u64>(kRoom / each, 1, batch.attr.count);
  u64 capacity = room;
  while (true) {
    ElemBuffer keys(capacity * batch.key_size()), values(capacity * batch.value_size());
    if (!keys.ok() || !values.ok()) return -ENOMEM;
    map::HashBatch taken{.bucket = bucket,
                         .max = u32(std::min<u64>(capacity, batch.attr.count - done)),
                         .keys = keys.bytes(),
                         .values = values.bytes(),
                         .erase = erase};
    const int result = map::hash_batch(batch.map, taken);
    bucket = taken.bucket;
    if (!copy_to_user(batch.key_at(done), keys.data(), taken.count * batch.key_size()) ||
        !copy_to_user(batch.value_at(done), values.data(), taken.count * batch.value_size()))
      return -EFAULT;
    done += taken.count;
    const bool all_room = taken.max == batch.attr.count - (done - taken.count);
    if (result == -ENOSPC && !all_room) {
      capacity *= 2;  // one bucket is longer than what we take at a time
    } else if (result != 0 || all_room) {
      return result == -ENOSPC && done > 0 ? 0 : result;
    }
  }
}

long hash_batch(const Batch& batch, bool erase) {
  if (int err = check_elem_flags(batch)) return err;
  if (batch.attr.flags) return -EINVAL;
  if (batch.attr.count == 0) return 0;
  if (!batch.write_count(0)) return -EFAULT;
  u32 bucket = 0, done = 0;
  if (batch.attr.in_batch && !copy_from_user(&bucket, batch.attr.in_batch, sizeof(bucket))) return -EFAULT;
  if (bucket >= batch.map.geometry().n_buckets) return -ENOENT;
  if (int err = erase ? expect_removals(batch.call.kernel, batch.map) : 0) return err;
  const long result = copy_buckets(batch, erase, bucket, done);
  if (result == -EFAULT || !copy_to_user(batch.attr.out_batch, &bucket, sizeof(bucket))) return -EFAULT;
  return batch.write_count(done) ? result : -EFAULT;
}

// Errno first, as the kernel: what the descriptor may do, then what the type can do.
long run(Call& call, bool reads, bool writes, bool (*has)(const map::MapOps&), long (*command)(const Batch&)) {
  const auto attr = call.as<MapBatchAttr>();
  if (!call.tail_is_zero(MapBatchAttr::kEnd)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if ((reads && !map->may_read()) || (writes && !map->may_write())) return -EPERM;
  if (!has((*map)->ops())) return -kErrnoNotSupp;
  return command(Batch{call, attr, **map});
}

bool has_batch(const map::MapOps& ops) { return ops.has_batch; }
bool is_hash(const map::MapOps& ops) { return ops.has_delete_batch; }
bool has_erase(const map::MapOps& ops) { return ops.has_delete_batch || ops.has_erase_batch; }

}  // namespace

long map_lookup_batch(Call& call) {
  return run(call, true, false, has_batch, [](const Batch& batch) {
    return is_hash(batch.map.ops()) ? hash_batch(batch, false) : lookup_batch(batch);
  });
}

long map_lookup_and_delete_batch(Call& call) {
  return run(call, true, true, is_hash, [](const Batch& batch) { return hash_batch(batch, true); });
}

long map_update_batch(Call& call) { return run(call, false, true, has_batch, update_batch); }
long map_delete_batch(Call& call) { return run(call, false, true, has_erase, delete_batch); }

}  // namespace skep::sys
