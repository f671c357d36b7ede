// Arena, the side of programs: the kfuncs bpf_arena_alloc_pages() and bpf_arena_free_pages().
#pragma once

#include "map/map.h"

namespace skep::map {

inline constexpr int kAnyNode = -1;  // NUMA_NO_NODE

// Pages of zeros: the address of the first as user space has it; its lower half is what programs go by. `address` 0:
// anywhere; else there or nowhere, and only its lower half counts. 0: no such room, no memory, a node other than the
// one there is, flags other than 0, or an arena that has no address yet.
u64 arena_alloc_pages(Map& map, u64 address, u32 count, int node, u64 flags);
// Sets pages aside, which are not given out until they are freed: arena_alloc_pages() with their own address does not
// get them either. 0; -EINVAL: they are not all in the arena; -EBUSY: one of them is taken.
int arena_reserve_pages(Map& map, u64 address, u32 count);
// Gives pages back, whoever took them. Parts outside of the arena, or free already, do not matter.
void arena_free_pages(Map& map, u64 address, u32 count);

}  // namespace skep::map
