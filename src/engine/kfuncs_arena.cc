// Kfuncs that take pages of an arena and give them back.
#include "engine/bodies.h"
#include "map/arena.h"

namespace skep::engine {
namespace {

u64 arena_alloc_pages(u64 map, u64 address, u64 count, u64 node, u64 flags, Run&) {
  return map::arena_alloc_pages(MapHandle::of(map).map(), address, u32(count), int(node), flags);
}

u64 arena_free_pages(u64 map, u64 address, u64 count, u64, u64, Run&) {
  map::arena_free_pages(MapHandle::of(map).map(), address, u32(count));
  return 0;
}

u64 arena_reserve_pages(u64 map, u64 address, u64 count, u64, u64, Run&) {
  return u64(s64(map::arena_reserve_pages(MapHandle::of(map).map(), address, u32(count))));
}

constexpr KfuncBody kBodies[] = {{"bpf_arena_alloc_pages", arena_alloc_pages},
                                 {"bpf_arena_free_pages", arena_free_pages},
                                 {"bpf_arena_reserve_pages", arena_reserve_pages}};

}  // namespace

std::span<const KfuncBody> arena_kfuncs() { return kBodies; }

}  // namespace skep::engine
