// Arena: max_entries pages that programs and user space share. Page n of the arena is page n of the file, and its
// memory comes with the first touch.
#include "map/types.h"

namespace skep::map {
namespace {

Geometry layout(const MapMeta& meta, u32) {
  Geometry g;
  g.reserve = kPageSize;
  Layouter parts(g);
  g.values = parts.take(meta.max_entries, kPageSize);
  parts.finish();
  return g;
}

}  // namespace

const MapOps kArenaOps = {.layout = layout};

}  // namespace skep::map
