// Helpers on maps: look-up, update, deletion, push, pop, peek.
#include <cerrno>

#include "engine/bodies.h"

namespace skep::engine {
namespace {

map::ConstBytes bytes(u64 address, u32 size) { return {reinterpret_cast<const u8*>(address), size}; }

u64 lookup_on(Run& run, u64 map, u64 key, u32 cpu) {
  MapHandle& handle = MapHandle::of(map);
  if (!handle.ops().lookup_ptr) return 0;
  if (handle.type() == BPF_MAP_TYPE_ARRAY_OF_MAPS || handle.type() == BPF_MAP_TYPE_HASH_OF_MAPS)
    return handle.inner(reinterpret_cast<const u8*>(key), run);
  return reinterpret_cast<u64>(handle.find(reinterpret_cast<const u8*>(key), cpu));
}

u64 map_lookup_elem(u64 map, u64 key, u64, u64, u64, Run& run) { return lookup_on(run, map, key, run.cpu); }

u64 map_lookup_percpu_elem(u64 map, u64 key, u64 cpu, u64, u64, Run& run) {
  return cpu < MapHandle::of(map).map().cpus() ? lookup_on(run, map, key, u32(cpu)) : 0;
}

u64 map_update_elem(u64 map, u64 key, u64 value, u64 flags, u64, Run& run) {
  MapHandle& handle = MapHandle::of(map);
  if (!handle.ops().update_from_prog) return u64(-EOPNOTSUPP);
  const map::ConstBytes k = bytes(key, handle.key_size()), v = bytes(value, handle.value_size());
  return u64(s64(handle.ops().update_from_prog(handle.map(), k, v, flags, run.cpu)));
}

u64 map_delete_elem(u64 map, u64 key, u64, u64, u64, Run&) {
  MapHandle& handle = MapHandle::of(map);
  if (!handle.ops().erase_from_prog) return u64(-EOPNOTSUPP);
  return u64(s64(handle.ops().erase_from_prog(handle.map(), bytes(key, handle.key_size()))));
}

u64 map_push_elem(u64 map, u64 value, u64 flags, u64, u64, Run&) {
  MapHandle& handle = MapHandle::of(map);
  return u64(s64(handle.ops().push(handle.map(), bytes(value, handle.value_size()), flags)));
}

u64 map_pop_elem(u64 map, u64 value, u64, u64, u64, Run&) {
  MapHandle& handle = MapHandle::of(map);
  return u64(s64(handle.ops().pop(handle.map(), {reinterpret_cast<u8*>(value), handle.value_size()})));
}

u64 map_peek_elem(u64 map, u64 value, u64, u64, u64, Run&) {
  MapHandle& handle = MapHandle::of(map);
  return u64(s64(handle.ops().peek(handle.map(), {reinterpret_cast<u8*>(value), handle.value_size()})));
}

constexpr HelperBody kBodies[] = {
    {1, map_lookup_elem}, {2, map_update_elem}, {3, map_delete_elem},          {87, map_push_elem},
    {88, map_pop_elem},   {89, map_peek_elem},  {195, map_lookup_percpu_elem},
};

}  // namespace

std::span<const HelperBody> map_helpers() { return kBodies; }

}  // namespace skep::engine
