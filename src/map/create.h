// MAP_CREATE's rules, type by type: which geometry and flags the kernel accepts, and the errno for the others.
#pragma once

#include "map/meta.h"
#include "target/target.h"

namespace skep::map {

struct CreateArgs {
  u32 map_type = 0, key_size = 0, value_size = 0, max_entries = 0;  // bytes, bytes, elements
  u32 map_flags = 0;
  u32 numa_node = 0;
  u64 map_extra = 0;
  u32 btf_key_type_id = 0, btf_value_type_id = 0, btf_vmlinux_value_type_id = 0;
};

// What a loader needs to create a map of this type where unprivileged bpf is allowed.
enum class Privilege : u8 { None, Bpf, NetAdmin };

// What a type wants of the BTF of its keys and values.
enum class BtfRule : u8 {
  Any,      // nothing beyond sizes; a key type must be given
  None,     // no BTF at all: ENOTSUPP
  Array,    // a 32-bit integer key, or no key and a single DATASEC
  Lpm,      // a struct key
  Storage,  // a 32-bit integer key
  NoKey,    // no key type
  Cgroup,   // u64 or struct bpf_cgroup_storage_key, as the key size says
};

struct MapOps;  // ops.h

struct TypeRow {
  u32 map_type;
  u32 allowed_flags, required_flags;
  Privilege privilege;
  BtfRule btf_rule;
  bool is_map_in_map;
  bool may_be_inner;
  int (*check)(const CreateArgs&);  // geometry; 0 or -errno. Flags outside the allowed and required ones are EINVAL
                                    // before it is asked
  const MapOps* ops;                // in the type's file
  bool has_direct_value;            // programs reach its values by address: the first lies at the start of the file
};

inline constexpr u32 kMaxCpus = 256;  // NR_CPUS of the recorded kernel

// The row of a type that can be created; nullptr for unknown ones (EINVAL).
const TypeRow* type_row(u32 map_type);

// The checks before any object is looked up: 0, or -errno. `caps` decides about flags for administrators only.
int check_create(const CreateArgs& args, const target::Caps& caps);
// The checks the kernel makes when it allocates (after privileges and the inner map): 0, or -errno.
int check_alloc(const CreateArgs& args);
// The last check of a map's BTF, after sizes and special fields: 0, or -errno.
int check_btf(const MapMeta& meta, const TypeRow& row);

}  // namespace skep::map
