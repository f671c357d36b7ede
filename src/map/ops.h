// What a map type can do: one constant table per type, in the type's file. All functions work on memory that other
// threads and processes use at the same time, and return 0 or -errno unless they say otherwise.
#pragma once

#include <span>

#include "map/geometry.h"

namespace skep::map {

class Map;
using Bytes = std::span<u8>;
using ConstBytes = std::span<const u8>;

// Flags of an update (UAPI linux/bpf.h).
enum UpdateFlag : u64 { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2, BPF_F_LOCK = 4 };

// Programs' look-up, as lookup_ptr below.
using LookupFn = u8* (*)(Map& map, const u8* key, u32 cpu);

struct MapOps {
  // Sizes and offsets. `cpus` is the number of possible CPUs.
  Geometry (*layout)(const MapMeta& meta, u32 cpus);
  // Brings a new file (all zeros) into its first state; null: zeros are it.
  void (*init)(Map&);
  // The owner of stripe `number` died with it: finish or undo what it was at. Runs with the stripe's lock held and its
  // count odd; may be killed itself and is then run again. Null: there is nothing to be done.
  void (*repair)(Map&, u32 number);

  // bpf(2). `key` has key_size bytes; values have Map::user_value_size() bytes, which for per-CPU types is all CPUs'.
  int (*lookup)(Map&, ConstBytes key, Bytes value, u64 flags);  // flags: 0 or BPF_F_LOCK
  int (*update)(Map&, ConstBytes key, ConstBytes value, u64 flags);
  int (*erase)(Map&, ConstBytes key);
  int (*next_key)(Map&, const u8* key, Bytes next);  // key null: the first
  int (*lookup_and_delete)(Map&, ConstBytes key, Bytes value, u64 flags);

  // Programs, running on CPU `cpu`. The pointer is to the value in shared memory and stays mapped as long as the map;
  // null: no such element.
  u8* (*lookup_ptr)(Map&, ConstBytes key, u32 cpu);
  // The same made for maps of this key size, for generated code; null: there is none.
  LookupFn (*lookup_fn)(const MapMeta& meta);
  int (*update_from_prog)(Map&, ConstBytes key, ConstBytes value, u64 flags, u32 cpu);  // value: one CPU's
  int (*erase_from_prog)(Map&, ConstBytes key);
  int (*push)(Map&, ConstBytes value, u64 flags);
  int (*pop)(Map&, Bytes value);
  int (*peek)(Map&, Bytes value);

  // Errno (positive) of the operations that are null; ENOTSUPP unless the type says otherwise.
  int no_lookup = kErrnoNotSupp, no_update = kErrnoNotSupp, no_erase = kErrnoNotSupp, no_next_key = kErrnoNotSupp,
      no_lookup_and_delete = kErrnoNotSupp;
  // LOOKUP reads the value, and says whether it is there.
  bool lookup_takes_value = false;
  bool per_cpu = false;           // user-space values are one per possible CPU
  bool has_batch = false;         // LOOKUP_BATCH and UPDATE_BATCH
  bool has_delete_batch = false;  // LOOKUP_AND_DELETE_BATCH and DELETE_BATCH; the type is a hash table (hash_batch.h)
  bool has_erase_batch = false;   // DELETE_BATCH alone
};

}  // namespace skep::map
