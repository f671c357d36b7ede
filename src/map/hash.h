// The operations of hash tables that several types share (hash.cc, lru_hash.cc, maps of maps).
#pragma once

#include "map/hash_table.h"

namespace skep::map {

// EEXIST, ENOENT or 0, as BPF_NOEXIST and BPF_EXIST say.
int check_exists(bool exists, u64 flags);

int hash_lookup(Map& map, ConstBytes key, Bytes value, u64 flags);
int hash_update(Map& map, ConstBytes key, ConstBytes value, u64 flags);
// By a program on CPU `cpu`, whose value of a per-CPU element it is.
int hash_update_this_cpu(Map& map, ConstBytes key, ConstBytes value, u64 flags, u32 cpu);
int hash_erase(Map& map, ConstBytes key);
int hash_lookup_and_delete(Map& map, ConstBytes key, Bytes value, u64 flags);
int hash_next_key(Map& map, const u8* key, Bytes next);
u8* hash_lookup_ptr(Map& map, ConstBytes key, u32 cpu);

// The link of the element with this key; 0: none. Of a key of constant size the compiler makes short work.
inline u32 hash_find(Map& map, ConstBytes key) {
  HashTable table(map, key);
  u32 link = 0;
  const int found = read_stripe(map, table.stripe_number(), [&]() -> int {
    const s64 at = table.find(key);
    link = at > 0 ? u32(at) : 0;
    return 0;
  });
  return found == 0 ? link : 0;
}

// Programs' value of an element.
template <bool kPerCpu>
u8* hash_value(Map& map, u32 link, u32 cpu) {
  u8* const value = map.pool().at(link - 1) + map.geometry().value_offset;
  return kPerCpu ? value + round_up(map.meta().value_size, 8) * cpu : value;
}

// Picks `Find<bytes>::find` for the usual sizes of keys, `Find<0>::find` for others.
template <template <u32> class Find>
LookupFn by_key_size(const MapMeta& meta) {
  switch (meta.key_size) {
    case 4: return Find<4>::find;
    case 8: return Find<8>::find;
    case 12: return Find<12>::find;
    case 16: return Find<16>::find;
    default: return Find<0>::find;
  }
}
inline ConstBytes key_bytes(const Map& map, const u8* key, u32 size) {
  return {key, size != 0 ? size : map.meta().key_size};
}

}  // namespace skep::map
