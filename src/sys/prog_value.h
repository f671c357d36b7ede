// Values that hold programs beside other things: of devmaps, cpumaps and struct_ops maps. User space gives descriptors
// in their places, the element holds the ids.
#pragma once

#include <vector>

#include "sys/kernel.h"

namespace skep::sys {

// For BPF_MAP_UPDATE_ELEM of a devmap or cpumap with programs (has_prog_value()): puts the program's id in the place of
// its descriptor in `value`, and the program into `held`. A program must be for this type of map and of the kind of
// those that were there before (owner.h). 0, or what the update fails with: it is asked first what else is wrong.
int take_prog_value(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags,
                    std::vector<Object>& held);

}  // namespace skep::sys
