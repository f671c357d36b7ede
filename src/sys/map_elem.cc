// The element commands: LOOKUP, UPDATE, DELETE, GET_NEXT_KEY, LOOKUP_AND_DELETE, the batches, and FREEZE.
#include <vector>

#include "map/devmap.h"
#include "map/fields.h"
#include "sys/command.h"
#include "sys/struct_ops_value.h"

namespace skep::sys {
namespace {

inline constexpr u64 kFLock = 4;  // BPF_F_LOCK

bool may_read(const map::Map& map) { return !(map.meta().map_flags & BPF_F_WRONLY); }
bool may_write(const map::Map& map) { return !(map.meta().map_flags & BPF_F_RDONLY) && !map.frozen(); }

// The key of `map` at a user address; a type without keys must get no address.
Result<std::vector<u8>> copy_key(const map::Map& map, u64 user_key) {
  std::vector<u8> key(map.meta().key_size);
  if (key.empty() && user_key) return error_status(EINVAL);
  if (!copy_from_user(key.data(), user_key, key.size())) return error_status(EFAULT);
  return key;
}

// BPF_MAP_UPDATE_ELEM of a map-in-map: the value is the fd of the inner map.
long update_inner(Kernel& kernel, map::Map& outer, std::span<const u8> key, std::span<const u8> value, u64 flags) {
  u32 fd;
  std::memcpy(&fd, value.data(), sizeof(fd));
  auto inner = kernel.objects().map(int(fd));
  if (!inner.ok()) return -inner.error();
  if (!map::may_be_element(outer, (*inner)->meta())) return -EINVAL;
  const u32 id = (*inner)->meta().id;
  return map::update_elem(outer, key, {reinterpret_cast<const u8*>(&id), sizeof(id)}, flags);
}

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
  auto prog = kernel.objects().prog(fd);
  if (!prog.ok()) return map::kUnusableProg;
  const verifier::Program& program = (*prog)->verified->program;
  const bool usable = program.prog_type == BPF_PROG_TYPE_XDP && program.expected_attach_type == attach_type;
  return usable ? (*prog)->id : map::kUnusableProg;
}

long update_prog_value(Kernel& kernel, map::Map& map, std::span<const u8> key, std::span<const u8> bytes, u64 flags) {
  map::ProgValue value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  value.prog = prog_of_value(kernel, int(value.prog), attach_type_of_values(map.meta()));
  return map::update_elem(map, key, {reinterpret_cast<const u8*>(&value), sizeof(value)}, flags);
}

// The only element of a struct_ops map.
long update_struct_ops(Kernel& kernel, map::Map& map, std::span<const u8> key, std::span<u8> value, u64 flags) {
  u32 index;
  std::memcpy(&index, key.data(), sizeof(index));
  const int err = flags == 0 && index == 0 ? take_struct_ops_value(kernel, map.meta(), value) : 0;
  return err != 0 ? err : map::update_elem(map, key, value, flags);
}

}  // namespace

long map_lookup_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd) || (attr.flags & ~kFLock)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!may_read(**map)) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  auto key = copy_key(**map, attr.key);
  if (!key.ok()) return -key.error();
  std::vector<u8> value((*map)->user_value_size());
  if ((*map)->ops().lookup_takes_value) {
    if (!copy_from_user(value.data(), attr.value, value.size())) return -EFAULT;
    return map::lookup_elem(**map, *key, value, attr.flags);
  }
  if (int err = map::lookup_elem(**map, *key, value, attr.flags)) return err;
  return copy_to_user(attr.value, value.data(), value.size()) ? 0 : -EFAULT;
}

long map_update_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!may_write(**map)) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  auto key = copy_key(**map, attr.key);
  if (!key.ok()) return -key.error();
  std::vector<u8> value((*map)->user_value_size());
  if (!copy_from_user(value.data(), attr.value, value.size())) return -EFAULT;
  if ((*map)->type().is_map_in_map) return update_inner(call.kernel, **map, *key, value, attr.flags);
  if (attach_type_of_values((*map)->meta())) return update_prog_value(call.kernel, **map, *key, value, attr.flags);
  if ((*map)->meta().map_type == BPF_MAP_TYPE_STRUCT_OPS)
    return update_struct_ops(call.kernel, **map, *key, value, attr.flags);
  return map::update_elem(**map, *key, value, attr.flags);
}

long map_delete_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEndKey)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!may_write(**map)) return -EPERM;
  auto key = copy_key(**map, attr.key);
  if (!key.ok()) return -key.error();
  return map::delete_elem(**map, *key);
}

long map_get_next_key(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEndNoFlags)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!may_read(**map)) return -EPERM;
  std::vector<u8> key, next((*map)->meta().key_size);
  if (attr.key) {
    auto given = copy_key(**map, attr.key);
    if (!given.ok()) return -given.error();
    key = std::move(*given);
  }
  if (int err = map::get_next_key(**map, attr.key ? key.data() : nullptr, next)) return err;
  return copy_to_user(attr.value, next.data(), next.size()) ? 0 : -EFAULT;
}

long map_lookup_and_delete_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd) || (attr.flags & ~kFLock)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!may_read(**map) || !may_write(**map)) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  auto key = copy_key(**map, attr.key);
  if (!key.ok()) return -key.error();
  std::vector<u8> value((*map)->user_value_size());
  if (int err = map::lookup_and_delete_elem(**map, *key, value, attr.flags)) return err;
  return copy_to_user(attr.value, value.data(), value.size()) ? 0 : -EFAULT;
}

long map_batch(Call& call) {
  const auto attr = call.as<MapBatchAttr>();
  if (!call.tail_is_zero(MapBatchAttr::kEnd)) return -EINVAL;
  auto map = call.kernel.objects().map(int(attr.map_fd));
  return map.ok() ? -kErrnoNotSupp : -map.error();
}

long map_freeze(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(sizeof(attr.map_fd))) return -EINVAL;
  auto found = call.kernel.objects().map(int(attr.map_fd));
  if (!found.ok()) return -found.error();
  map::Map& map = **found;
  if (map.meta().map_type == BPF_MAP_TYPE_STRUCT_OPS || map.meta().record) return -kErrnoNotSupp;
  if (!may_write(map)) return -EPERM;  // also of a map frozen before
  map.freeze();
  return 0;
}

}  // namespace skep::sys
