// What the elements of a map name: programs or maps, by their ids. Bpf(2) puts the ids there in the place of
// descriptors, and references keep what is named (map_objects.h).
#pragma once

#include <optional>
#include <set>

#include "map/map.h"
#include "sys/namespace.h"

namespace skep::sys {

// What elements of such a map name; nothing if they name no objects of ours.
std::optional<ObjectKind> named_kind(const map::MapMeta& meta);

// Whether values are a map::ProgValue: devmaps and cpumaps with room for a program.
bool has_prog_value(const map::MapMeta& meta);

// The id that the element at `key` names, 0 if there is none. Not of a struct_ops map, whose only element names many.
u32 id_at(map::Map& map, map::ConstBytes key);

// The ids that the elements name; nothing if the map is damaged. Those of a struct_ops map are all words that may be
// ids: which of them are functions, only the kernel's types tell.
std::optional<std::set<u32>> ids_in(map::Map& map);

}  // namespace skep::sys
