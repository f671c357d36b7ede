// See element_ids.h.
#include "sys/element_ids.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "map/devmap.h"

namespace skep::sys {
namespace {

std::optional<std::set<u32>> words_of_struct_ops(map::Map& map) {
  const u32 key = 0;
  std::vector<u8> value(map.meta().value_size);
  if (map::lookup_elem(map, {reinterpret_cast<const u8*>(&key), sizeof(key)}, value, 0) != 0) return std::nullopt;
  std::set<u32> ids;
  for (size_t at = 0; at + sizeof(u64) <= value.size(); at += sizeof(u64)) {
    u64 word;
    std::memcpy(&word, value.data() + at, sizeof(word));
    if (word != 0 && word <= std::numeric_limits<u32>::max()) ids.insert(u32(word));
  }
  return ids;
}

}  // namespace

bool has_prog_value(const map::MapMeta& meta) {
  const bool may_have = meta.map_type == BPF_MAP_TYPE_DEVMAP || meta.map_type == BPF_MAP_TYPE_DEVMAP_HASH ||
                        meta.map_type == BPF_MAP_TYPE_CPUMAP;
  return may_have && meta.value_size == sizeof(map::ProgValue);
}

std::optional<ObjectKind> named_kind(const map::MapMeta& meta) {
  switch (meta.map_type) {
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS: return ObjectKind::Map;
    case BPF_MAP_TYPE_PROG_ARRAY:
    case BPF_MAP_TYPE_STRUCT_OPS: return ObjectKind::Prog;
    default: return has_prog_value(meta) ? std::optional(ObjectKind::Prog) : std::nullopt;
  }
}

u32 id_at(map::Map& map, map::ConstBytes key) {
  if (map.meta().map_type == BPF_MAP_TYPE_STRUCT_OPS) return 0;
  map::ProgValue value;
  const bool beside = has_prog_value(map.meta());
  const map::Bytes bytes{reinterpret_cast<u8*>(&value), beside ? sizeof(value) : sizeof(value.what)};
  if (map::lookup_elem(map, key, bytes, 0) != 0) return 0;
  return beside ? value.prog : value.what;
}

std::optional<std::set<u32>> ids_in(map::Map& map) {
  if (map.meta().map_type == BPF_MAP_TYPE_STRUCT_OPS) return words_of_struct_ops(map);
  std::set<u32> ids;
  std::vector<u8> key(map.meta().key_size), next(key.size());
  const u64 bound = u64(map.geometry().n_elems) + 1;  // others may change the map meanwhile
  int error = map::get_next_key(map, nullptr, next);
  for (u64 n = 0; error == 0 && n < bound; ++n) {
    key = next;
    if (const u32 id = id_at(map, key)) ids.insert(id);
    error = map::get_next_key(map, key.data(), next);
  }
  return error == -ENOENT ? std::optional(std::move(ids)) : std::nullopt;
}

}  // namespace skep::sys
