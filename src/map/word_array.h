// Arrays whose elements are one word of 8 bytes, from the start of the file: an element changes by one store. 0: empty.
#pragma once

#include "map/map.h"

namespace skep::map {

Geometry word_array_layout(const MapMeta& meta, u32 cpus);
// `index` < max_entries.
u64& word_at(Map& map, u32 index);

// Gives as many bytes of the word as a value has. -ENOENT: empty, or no such index.
int word_lookup(Map& map, ConstBytes key, Bytes value, u64 flags);
// Empties an element. -EINVAL: no such index.
int word_erase(Map& map, ConstBytes key);
u8* word_lookup_ptr(Map& map, ConstBytes key, u32 cpu);

u32 index_in(const u8* key);
// BPF_MAP_GET_NEXT_KEY of maps whose keys are all u32 below max_entries, empty or not.
int next_index(Map& map, const u8* key, Bytes next);

}  // namespace skep::map
