// The element commands: LOOKUP, UPDATE, DELETE, GET_NEXT_KEY, LOOKUP_AND_DELETE, the batches, and FREEZE.
#include <vector>

#include "map/fields.h"
#include "sys/command.h"

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
