// See prog_value.h.
#include "sys/prog_value.h"

#include <cstring>

#include "map/devmap.h"
#include "sys/struct_ops_value.h"

namespace skep::sys {
namespace {

// Where values of this type are a map::ProgValue, the attach type that their programs must have; 0 elsewhere.
u32 attach_type_of_values(const map::MapMeta& meta) {
  if (meta.value_size != sizeof(map::ProgValue)) return 0;
  switch (meta.map_type) {
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH: return BPF_XDP_DEVMAP;
    case BPF_MAP_TYPE_CPUMAP: return BPF_XDP_CPUMAP;
    default: return 0;
  }
}

// The id that stands for a descriptor in such a value; none if the descriptor is not positive.
u32 prog_of_value(Kernel& kernel, int fd, u32 attach_type) {
  if (fd <= 0) return 0;
  const auto prog = kernel.prog(fd);
  if (!prog.ok()) return map::kUnusableProg;
  const ProgHeader& header = (*prog)->image.header;
  const bool usable = header.prog_type == BPF_PROG_TYPE_XDP && header.expected_attach_type == attach_type;
  return usable ? header.id : map::kUnusableProg;
}

// The only element of a struct_ops map.
long update_struct_ops(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes value, u64 flags) {
  u32 index;
  std::memcpy(&index, key.data(), sizeof(index));
  const int err = flags == 0 && index == 0 ? take_struct_ops_value(kernel, map.meta(), value) : 0;
  return err != 0 ? err : map::update_elem(map, key, value, flags);
}

}  // namespace

bool has_prog_value(const map::MapMeta& meta) {
  return meta.map_type == BPF_MAP_TYPE_STRUCT_OPS || attach_type_of_values(meta) != 0;
}

long update_prog_value(Kernel& kernel, map::Map& map, map::ConstBytes key, map::Bytes bytes, u64 flags) {
  if (map.meta().map_type == BPF_MAP_TYPE_STRUCT_OPS) return update_struct_ops(kernel, map, key, bytes, flags);
  map::ProgValue value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  value.prog = prog_of_value(kernel, int(value.prog), attach_type_of_values(map.meta()));
  return map::update_elem(map, key, {reinterpret_cast<const u8*>(&value), sizeof(value)}, flags);
}

}  // namespace skep::sys
