// Arrays of words.
#include "map/word_array.h"

#include <cerrno>
#include <cstring>

namespace skep::map {

Geometry word_array_layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g);
  g.elem_size = g.value_bytes = sizeof(u64);
  g.n_elems = meta.max_entries;
  g.values = parts.take(meta.max_entries, sizeof(u64));
  parts.take_stripes(1);
  parts.finish();
  return g;
}

u64& word_at(Map& map, u32 index) { return *map.part<u64>(map.geometry().values + u64(index) * sizeof(u64)); }

int word_lookup(Map& map, ConstBytes key, Bytes value, u64) {
  const u32 index = index_in(key.data());
  const u64 word = index < map.meta().max_entries ? load_acquire(word_at(map, index)) : 0;
  if (word == 0) return -ENOENT;
  std::memcpy(value.data(), &word, value.size());
  return 0;
}

int word_erase(Map& map, ConstBytes key) {
  const u32 index = index_in(key.data());
  if (index >= map.meta().max_entries) return -EINVAL;
  store_release(word_at(map, index), u64(0));
  return 0;
}

u8* word_lookup_ptr(Map& map, ConstBytes key, u32) {
  const u32 index = index_in(key.data());
  if (index >= map.meta().max_entries || load_acquire(word_at(map, index)) == 0) return nullptr;
  return reinterpret_cast<u8*>(&word_at(map, index));
}

u32 index_in(const u8* key) {
  u32 index;
  std::memcpy(&index, key, sizeof(index));
  return index;
}

int next_index(Map& map, const u8* key, Bytes next) {
  const u32 last = map.meta().max_entries - 1;
  u32 index = key == nullptr ? ~0u : index_in(key);
  if (index == last) return -ENOENT;
  index = index > last ? 0 : index + 1;
  std::memcpy(next.data(), &index, sizeof(index));
  return 0;
}

}  // namespace skep::map
