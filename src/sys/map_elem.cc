// The element commands: LOOKUP, UPDATE, DELETE, GET_NEXT_KEY, LOOKUP_AND_DELETE. The way that programs go most often:
// nothing here allocates as long as keys and values are small, and nothing but the question which object the descriptor
// means is a system call.
#include "map/fields.h"
#include "sys/command.h"
#include "sys/elem_buffer.h"
#include "sys/map_objects.h"

namespace skep::sys {
namespace {

inline constexpr u64 kFLock = map::BPF_F_LOCK;

// Copies the key in; a type without keys must get no address. 0 or -errno.
int copy_key(u64 user_key, ElemBuffer& key) {
  if (!key.ok()) return -ENOMEM;
  if (key.size() == 0) return user_key ? -EINVAL : 0;
  return copy_from_user(key.data(), user_key, key.size()) ? 0 : -EFAULT;
}

}  // namespace

long map_lookup_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd) || (attr.flags & ~kFLock)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!map->may_read()) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  ElemBuffer key((*map)->meta().key_size), value((*map)->user_value_size());
  if (!value.ok()) return -ENOMEM;
  if (int err = copy_key(attr.key, key)) return err;
  if ((*map)->ops().lookup_takes_value) {
    if (!copy_from_user(value.data(), attr.value, value.size())) return -EFAULT;
    return map::lookup_elem(**map, key.bytes(), value.bytes(), attr.flags);
  }
  if (int err = map::lookup_elem(**map, key.bytes(), value.bytes(), attr.flags)) return err;
  return copy_to_user(attr.value, value.data(), value.size()) ? 0 : -EFAULT;
}

long map_update_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!map->may_write()) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  ElemBuffer key((*map)->meta().key_size), value((*map)->user_value_size());
  if (!value.ok()) return -ENOMEM;
  if (int err = copy_key(attr.key, key)) return err;
  if (!copy_from_user(value.data(), attr.value, value.size())) return -EFAULT;
  return update_elem(call.kernel, **map, key.bytes(), value.bytes(), attr.flags);
}

long map_delete_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEndKey)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!map->may_write()) return -EPERM;
  ElemBuffer key((*map)->meta().key_size);
  if (int err = copy_key(attr.key, key)) return err;
  return delete_elem(call.kernel, **map, key.bytes());
}

long map_get_next_key(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEndNoFlags)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!map->may_read()) return -EPERM;
  ElemBuffer key((*map)->meta().key_size), next((*map)->meta().key_size);
  if (!next.ok()) return -ENOMEM;
  if (int err = attr.key ? copy_key(attr.key, key) : 0) return err;
  if (int err = map::get_next_key(**map, attr.key ? key.data() : nullptr, next.bytes())) return err;
  return copy_to_user(attr.value, next.data(), next.size()) ? 0 : -EFAULT;
}

long map_lookup_and_delete_elem(Call& call) {
  const auto attr = call.as<MapElemAttr>();
  if (!call.tail_is_zero(MapElemAttr::kEnd) || (attr.flags & ~kFLock)) return -EINVAL;
  const auto map = call.kernel.map(int(attr.map_fd));
  if (!map.ok()) return -map.error();
  if (!map->may_read() || !map->may_write()) return -EPERM;
  if ((attr.flags & kFLock) && !map::has_spin_lock((*map)->meta())) return -EINVAL;
  ElemBuffer key((*map)->meta().key_size), value((*map)->user_value_size());
  if (!value.ok()) return -ENOMEM;
  if (int err = copy_key(attr.key, key)) return err;
  if (int err = map::lookup_and_delete_elem(**map, key.bytes(), value.bytes(), attr.flags)) return err;
  return copy_to_user(attr.value, value.data(), value.size()) ? 0 : -EFAULT;
}

}  // namespace skep::sys
