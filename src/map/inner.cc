// Map-in-map: what an outer map accepts as an element.
#include <cerrno>

#include "map/map.h"

namespace skep::map {
namespace {

inline constexpr u64 kNoExist = 1, kExist = 2;  // BPF_NOEXIST, BPF_EXIST

// bpf_map_meta_equal: programs were verified against the template, so an element must not differ in anything they rely
// on.
bool is_like(const MapMeta& inner, const MapMeta& wanted) {
  if (inner.map_type != wanted.map_type || inner.key_size != wanted.key_size || inner.value_size != wanted.value_size)
    return false;
  if (inner.map_flags != wanted.map_flags) return false;
  if ((inner.record ? inner.record->mask : 0) != (wanted.record ? wanted.record->mask : 0)) return false;
  const bool array = inner.map_type == BPF_MAP_TYPE_ARRAY;
  return !array || (wanted.map_flags & BPF_F_INNER_MAP) || inner.max_entries == wanted.max_entries;
}

}  // namespace

int update_inner_map(Map& outer, std::span<const u8> key, std::shared_ptr<Map> inner, u64 flags) {
  const std::string at(reinterpret_cast<const char*>(key.data()), key.size());
  const bool exists = outer.inner_maps.count(at);
  if (outer.meta->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS) {
    u32 index;
    __builtin_memcpy(&index, key.data(), sizeof(index));
    if (flags != 0) return -EINVAL;
    if (index >= outer.meta->max_entries) return -E2BIG;
  } else {
    if (flags > kExist) return -EINVAL;
    if (flags == kNoExist && exists) return -EEXIST;
    if (flags == kExist && !exists) return -ENOENT;
    if (!exists && outer.inner_maps.size() >= outer.meta->max_entries) return -E2BIG;
  }
  if (!is_like(*inner->meta, *outer.meta->inner)) return -EINVAL;
  outer.inner_maps[at] = std::move(inner);
  return 0;
}

}  // namespace skep::map
