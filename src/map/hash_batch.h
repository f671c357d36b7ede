// Walking a hash table bucket by bucket: what bpf(2)'s batches of hash tables are made of.
#pragma once

#include "map/map.h"

namespace skep::map {

struct HashBatch {
  u32 bucket = 0;      // where to go on; n_buckets at the end
  u32 count = 0;       // elements taken so far
  u32 max = 0;         // room in `keys` and `values`
  Bytes keys, values;  // count * key_size, count * Map::user_value_size() bytes
  bool erase = false;  // take them out of the table
};

// Takes whole buckets as long as there is room. -ENOENT: the end was reached; -ENOSPC: the next bucket alone has more
// elements than there was room for at all; 0: full.
int hash_batch(Map& map, HashBatch& batch);

}  // namespace skep::map
