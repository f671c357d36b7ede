// The file of a map: its size, its trailer, and its mapping in this process.
//
// The trailer is the last page. Its first part is written when the map is made and never changes; who opens the file
// copies it, checks it as if a user had asked for such a map, and computes the geometry anew. The second part changes
// and is only ever believed as far as a lie can do no harm.
#pragma once

#include <memory>
#include <type_traits>

#include "base/status.h"
#include "map/geometry.h"
#include "map/held.h"

namespace skep::map {

inline constexpr u64 kMapMagic = 0x0270616d70656b73;  // "skepmap" and the layout's version

struct TrailerFixed {
  u64 magic = 0;   // stored last
  u64 cookie = 0;  // random: names the object among all (the file offset of its descriptors, sys/objects.h)
  u32 id = 0, map_type = 0, key_size = 0, value_size = 0, max_entries = 0, map_flags = 0;
  u64 map_extra = 0;
  u32 cpus = 0, btf_id = 0, btf_key_type_id = 0, btf_value_type_id = 0, btf_vmlinux_value_type_id = 0;
  u32 has_inner = 0;  // map-in-map: Trailer::inner is the template
  u64 seed = 0;       // of the hash function
  char name[16] = {};
  u8 excl_prog_hash[32] = {};
  u32 has_excl_prog = 0, creator_uid = 0;
  u64 bypass_spec_v1 = 1;  // made with CAP_PERFMON
  u64 check = 0;           // trailer_check()
  u64 reserved[2] = {};
};
static_assert(std::has_unique_object_representations_v<TrailerFixed>);

// What `check` must be: damage is found before anything is believed. (Malice is not: it can count, too.)
u64 trailer_check(TrailerFixed fixed);

struct Trailer {
  TrailerFixed fixed;
  alignas(64) u32 frozen = 0;  // BPF_MAP_FREEZE: never 0 again
  u32 clock_hand = 0;          // LRU types: where the search for a victim goes on
  u64 user_vm_start = 0;       // arena
  u64 owner = 0;               // prog_array and the like: the kind of program they belong to (sys/owner.h); 0: none yet
  u64 owner_storage[2] = {};   // ids of that program's cgroup storages
  alignas(64) u64 words[32] = {};  // for the type
  TrailerFixed inner;              // map-in-map: the template, as it was when the map was made; never changes
  HeldFields held;                 // never changes
};
static_assert(sizeof(Trailer) <= kPageSize);

enum class Backing {
  Private,  // of this process: memory comes when touched
  Shared,   // reserved before the map is handed out: no touch can fail later (but for lazily populated pools)
};

// A shared mapping of a whole file.
class Mapping {
 public:
  Mapping() = default;
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  // Gives the empty file `fd` its size (geometry and trailer) and maps it. ENOMEM: no room.
  Status create(int fd, const Geometry& geometry, Backing backing);
  // Maps an existing file of exactly this size, for reading only if the descriptor allows no more. EINVAL: it has
  // another.
  Status open(int fd, const Geometry& geometry);

  u8* data() const { return data_; }
  u64 size() const { return size_; }

 private:
  Status map(int fd, u64 size);
  u8* data_ = nullptr;
  u64 size_ = 0;
};

// Reads the fixed part of the trailer of an open file. EINVAL: the file is not a map of ours.
Result<TrailerFixed> read_trailer(int fd);

}  // namespace skep::map
