// Kfuncs on maps.
#include <algorithm>

#include "engine/bodies.h"

namespace skep::engine {
namespace {

// Hash tables alone count what they hold: elements that belong to a stripe and are not its spare (map/hash_table.h).
u64 sum_elem_count(u64 map, u64, u64, u64, u64, Run&) {
  map::Map& m = MapHandle::of(map).map();
  constexpr u32 kHashes[] = {BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH,
                             BPF_MAP_TYPE_LRU_PERCPU_HASH};
  if (std::find(std::begin(kHashes), std::end(kHashes), m.meta().map_type) == std::end(kHashes)) return 0;
  s64 count = 0;
  for (u32 i = 0; i < m.pool().n_elems; ++i) count += map::is_claimed(m.pool(), i);
  for (u32 i = 0; i < m.geometry().n_stripes; ++i) count -= map::load_relaxed(m.stripe(i).spare) != 0;
  return u64(std::max(count, s64(0)));
}

constexpr KfuncBody kBodies[] = {{"bpf_map_sum_elem_count", sum_elem_count}};

}  // namespace

std::span<const KfuncBody> map_kfuncs() { return kBodies; }

}  // namespace skep::engine
