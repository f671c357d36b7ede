// Hash of maps: a hash table (hash_table.h) whose values are ids of maps; see fd_array.cc.
#include "map/hash.h"
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta& meta, u32) {
  return HashTable::layout(meta, 8, meta.max_entries, meta.map_flags & BPF_F_NO_PREALLOC);
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  return flags > BPF_EXIST ? -EINVAL : hash_update(map, key, value, flags);
}

}  // namespace

const MapOps kHashOfMapsOps = {.layout = layout,
                               .init = HashTable::init,
                               .repair = HashTable::repair,
                               .lookup = hash_lookup,
                               .update = update,
                               .erase = hash_erase,
                               .next_key = hash_next_key,
                               .lookup_ptr = hash_lookup_ptr,
                               .has_batch = true,
                               .has_delete_batch = true};

}  // namespace skep::map
