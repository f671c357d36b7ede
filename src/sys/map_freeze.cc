// BPF_MAP_FREEZE: user space cannot write any more.
#include "sys/command.h"

namespace skep::sys {

long map_freeze(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(sizeof(attr.map_fd))) return -EINVAL;
  const auto found = call.kernel.map(int(attr.map_fd));
  if (!found.ok()) return -found.error();
  map::Map& map = **found;
  if (map.meta().map_type == BPF_MAP_TYPE_STRUCT_OPS || map.meta().record) return -kErrnoNotSupp;
  if (!found->may_write()) return -EPERM;  // also of a map frozen before
  return map.freeze();
}

}  // namespace skep::sys
