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
extern const MapOps kCpumapOps;               // cpumap.cc
extern const MapOps kDevmapOps;               // devmap.cc
extern const MapOps kDevmapHashOps;           // devmap.cc
extern const MapOps kFdArrayOps;              // fd_array.cc
extern const MapOps kForeignArrayOps;         // fd_array.cc: of objects that are the machine's
extern const MapOps kArrayOfMapsOps;          // fd_array.cc
extern const MapOps kHashOps;                 // hash.cc
extern const MapOps kPercpuHashOps;           // hash.cc
extern const MapOps kHashOfMapsOps;           // hash_of_maps.cc
extern const MapOps kLocalStorageOps;         // local_storage.cc
extern const MapOps kLpmTrieOps;              // lpm_trie.cc
extern const MapOps kLruHashOps;              // lru_hash.cc
extern const MapOps kLruPercpuHashOps;        // lru_hash.cc
extern const MapOps kQueueOps;                // queue.cc: queue and stack
extern const MapOps kReuseportOps;            // reuseport.cc
extern const MapOps kRingbufOps;              // ringbuf.cc
extern const MapOps kSockhashOps;             // sockmap.cc
extern const MapOps kSockmapOps;              // sockmap.cc
extern const MapOps kStackTraceOps;           // stack_trace.cc
extern const MapOps kStructOpsOps;            // struct_ops.cc
extern const MapOps kUserRingbufOps;          // user_ringbuf.cc
extern const MapOps kXskmapOps;               // xskmap.cc

}  // namespace skep::map
