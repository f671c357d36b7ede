// Types of which only the geometry is known here: programs that use them verify; elements are refused.
#include "map/types.h"

namespace skep::map {

const MapOps kNoStorageOps = {.layout = [](const MapMeta&, u32) { return Geometry{}; }};

}  // namespace skep::map
