// See hash_batch.h.
#include "map/hash_batch.h"

#include "map/fields.h"
#include "map/hash_table.h"
#include "map/shm/guard.h"

namespace skep::map {
namespace {

// Copies the bucket's elements behind those taken so far: their number, -ENOSPC if there is no room, or -EIO.
int copy_bucket(Map& map, HashTable& table, const HashBatch& batch) {
  const u64 key_size = map.meta().key_size, value_size = map.user_value_size();
  u32 n = 0;
  for (s64 link = table.first(); link != 0; link = table.next(u32(link)), ++n) {
    if (link < 0 || n > map.geometry().n_elems) return -EIO;
    if (batch.count + n >= batch.max) return -ENOSPC;
    const u64 at = batch.count + n;
    copy_from_shared(batch.keys.data() + at * key_size, table.key_of(u32(link)), key_size);
    copy_elem_out(map, batch.values.data() + at * value_size, table.value_of(u32(link)));
  }
  return int(n);
}

int take_bucket(Map& map, HashTable& table, const HashBatch& batch) {
  Writer lock(map, table.stripe_number());
  if (!lock.ok()) return -EBUSY;
  const int n = copy_bucket(map, table, batch);
  const u64 key_size = map.meta().key_size;
  for (int i = 0; i < n; ++i) {
    const s64 link = table.find({batch.keys.data() + (batch.count + u32(i)) * key_size, key_size});
    if (link > 0) table.erase(u32(link));
  }
  lock.release();
  return n;
}

int walk(Map& map, HashBatch& batch) {
  for (; batch.bucket < map.geometry().n_buckets; ++batch.bucket) {
    HashTable table(map, batch.bucket);
    const int n = batch.erase ? take_bucket(map, table, batch)
                              : read_stripe(map, table.stripe_number(), [&] { return copy_bucket(map, table, batch); });
    if (n == -ENOSPC) return batch.count == 0 ? -ENOSPC : 0;
    if (n < 0) return n;
    batch.count += u32(n);
  }
  return -ENOENT;
}

}  // namespace

int hash_batch(Map& map, HashBatch& batch) {
  return int(guarded(-EIO, [&]() -> long { return walk(map, batch); }));
}

}  // namespace skep::map
