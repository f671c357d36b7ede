// Arrays of objects: prog_array, perf_event_array, cgroup_array, array_of_maps. User space gives a file descriptor and
// gets an id back; what is stored is the id (u32, 0: empty), 8 bytes each from the start of the file. bpf(2) turns
// descriptors into ids, and holds the object for as long as an element names it (sys/).
#include <cerrno>
#include <cstring>

#include "map/map.h"
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.elem_size = g.value_bytes = 8;
  g.n_elems = meta.max_entries;
  g.values = parts.take(meta.max_entries, 8);
  parts.take_stripes(1);
  parts.finish();
  return g;
}

u32 index_of(const u8* key) {
  u32 index;
  std::memcpy(&index, key, sizeof(index));
  return index;
}

u32& slot(Map& map, u32 index) { return *map.part<u32>(map.geometry().values + u64(index) * 8); }

int lookup(Map& map, ConstBytes key, Bytes value, u64) {
  const u32 index = index_of(key.data());
  const u32 id = index < map.meta().max_entries ? load_acquire(slot(map, index)) : 0;
  if (id == 0) return -ENOENT;
  std::memcpy(value.data(), &id, sizeof(id));
  return 0;
}

int update(Map& map, ConstBytes key, ConstBytes value, u64 flags) {
  const u32 index = index_of(key.data());
  if (flags != BPF_ANY) return -EINVAL;
  if (index >= map.meta().max_entries) return -E2BIG;
  u32 id;
  std::memcpy(&id, value.data(), sizeof(id));
  store_release(slot(map, index), id);
  return 0;
}

int erase(Map& map, ConstBytes key) {
  const u32 index = index_of(key.data());
  if (index >= map.meta().max_entries) return -E2BIG;
  return __atomic_exchange_n(&slot(map, index), 0, __ATOMIC_ACQ_REL) ? 0 : -ENOENT;
}

int next_key(Map& map, const u8* key, Bytes next) {
  const u32 last = map.meta().max_entries - 1;
  u32 index = key == nullptr ? ~0u : index_of(key);
  if (index == last) return -ENOENT;
  index = index > last ? 0 : index + 1;
  std::memcpy(next.data(), &index, sizeof(index));
  return 0;
}

u8* lookup_ptr(Map& map, ConstBytes key, u32) {
  const u32 index = index_of(key.data());
  if (index >= map.meta().max_entries || load_acquire(slot(map, index)) == 0) return nullptr;
  return reinterpret_cast<u8*>(&slot(map, index));
}

}  // namespace

const MapOps kFdArrayOps = {.layout = layout,
                            .lookup = lookup,
                            .update = update,
                            .erase = erase,
                            .next_key = next_key,
                            .lookup_ptr = lookup_ptr};

const MapOps kForeignArrayOps = {
    .layout = layout, .update = update, .erase = erase, .next_key = next_key, .lookup_ptr = lookup_ptr};

const MapOps kArrayOfMapsOps = {.layout = layout,
                                .lookup = lookup,
                                .update = update,
                                .erase = erase,
                                .next_key = next_key,
                                .lookup_ptr = lookup_ptr,
                                .has_batch = true};

}  // namespace skep::map
