// Updates of maps whose values hold a program beside other things: devmaps, cpumaps, struct_ops. User space gives a
// descriptor in its place, the element holds the id. The program is not kept by it: what an id means is asked when it
// is used.
#pragma once

#include "sys/kernel.h"

namespace skep::sys {

// Whether values of this map are such.
bool has_prog_value(const map::MapMeta& meta);
// BPF_MAP_UPDATE_ELEM of such a map; `value` is changed. 0 or -errno.
long update_prog_value(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags);

}  // namespace skep::sys
