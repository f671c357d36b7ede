// Local storages, the side of programs: bpf_sk_storage_get() and its like.
#pragma once

#include "map/owner.h"
#include "map/recent.h"

namespace skep::map {

// Flags of the _get helpers (UAPI linux/bpf.h).
enum LocalStorageFlag : u64 { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };

// The value of `owner`, in shared memory. If it has none, and `flags` says create, a new one: `init` (value_size bytes)
// or zeros. Null: none, no room, or unknown flags. `recent` is this map's alone, zeros at first.
u8* local_storage_get(Map& map, const Owner& owner, const u8* init, u64 flags, RecentWords& recent);
// 0 or -ENOENT.
int local_storage_delete(Map& map, const Owner& owner);

// What owns the elements of a map of this type.
OwnerKind storage_owner_kind(u32 map_type);

}  // namespace skep::map
