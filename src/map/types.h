// The operations of every map type: one constant table each, defined in the file of the type.
#pragma once

#include "map/ops.h"

namespace skep::map {

extern const MapOps kArenaOps;                // arena.cc
extern const MapOps kArrayOps;                // array.cc
extern const MapOps kPercpuArrayOps;          // array.cc
extern const MapOps kBloomFilterOps;          // bloom_filter.cc
extern const MapOps kCgroupStorageOps;        // cgroup_storage.cc
extern const MapOps kPercpuCgroupStorageOps;  // cgroup_storage.cc
extern const MapOps kFdArrayOps;              // fd_array.cc
extern const MapOps kArrayOfMapsOps;          // fd_array.cc
extern const MapOps kHashOfMapsOps;           // hash_of_maps.cc
extern const MapOps kHashOps;                 // hash.cc
extern const MapOps kPercpuHashOps;           // hash.cc
extern const MapOps kLpmTrieOps;              // lpm_trie.cc
extern const MapOps kLruHashOps;              // lru_hash.cc
extern const MapOps kLruPercpuHashOps;        // lru_hash.cc
extern const MapOps kQueueOps;                // queue.cc: queue and stack
extern const MapOps kStackTraceOps;           // stack_trace.cc
extern const MapOps kNoStorageOps;            // no_storage.cc: types that need a kernel's networking

}  // namespace skep::map
