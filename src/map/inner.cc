// Map-in-map: what an outer map accepts as an element.
#include <cerrno>
#include <cstring>

#include "map/hash.h"

namespace skep::map {
namespace {

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

bool may_be_element(const Map& outer, const MapMeta& inner) { return is_like(inner, *outer.meta().inner); }

}  // namespace skep::map
