// Maps whose elements name objects: arrays of programs, perf events and cgroups, maps of maps, and values with programs
// in them (prog_value.h). User space gives a descriptor; the element holds the object's id, which is also what a lookup
// returns. As long as an element names a program or map, a reference of the map keeps it (references.h).
#pragma once

#include "sys/kernel.h"

namespace skep::sys {

// Updates and deletes as bpf(2) has them, for maps of any type; `value` may be changed. 0 or -errno.
long update_elem(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags);
long delete_elem(Kernel& kernel, map::Map& map, map::ConstBytes key);

// Elements of a map of objects are going to be removed, many at a time: the collector will look for what is no longer
// named. 0 or -errno.
int expect_removals(Kernel& kernel, map::Map& map);

}  // namespace skep::sys
