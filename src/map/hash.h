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

}  // namespace skep::map
