// BPF_*_GET_NEXT_ID and BPF_*_GET_FD_BY_ID: the living objects of this kernel's namespace.
#include "sys/command.h"

namespace skep::sys {
namespace {

inline constexpr u32 kIntMax = 0x7fffffff;
inline constexpr u32 kAccessFlags = BPF_F_RDONLY | BPF_F_WRONLY;

long get_next_id(Call& call, ObjectKind kind) {
  const auto attr = call.as<IdAttr>();
  if (!call.tail_is_zero(IdAttr::kEndNextId) || attr.id >= kIntMax) return -EINVAL;
  if (!call.kernel.config().caps.sys_admin) return -EPERM;
  const u32 next = call.kernel.objects().next_id(kind, attr.id);
  if (next == 0) return -ENOENT;
  return call.write_back(offsetof(IdAttr, next_id), next) ? 0 : -EFAULT;
}

long get_fd_by_id(Call& call, ObjectKind kind, u32 end) {
  const auto attr = call.as<IdAttr>();
  if (!call.tail_is_zero(end)) return -EINVAL;
  const u32 flags = kind == ObjectKind::Map ? attr.open_flags : 0;
  if ((flags & ~kAccessFlags) || flags == kAccessFlags) return -EINVAL;
  if (!call.kernel.config().caps.sys_admin) return -EPERM;
  return call.kernel.objects().open_by_id({kind, attr.id}, denied_by(flags));
}

}  // namespace

long prog_get_next_id(Call& call) { return get_next_id(call, ObjectKind::Prog); }
long map_get_next_id(Call& call) { return get_next_id(call, ObjectKind::Map); }
long btf_get_next_id(Call& call) { return get_next_id(call, ObjectKind::Btf); }

long link_get_next_id(Call& call) {
  const auto attr = call.as<IdAttr>();
  if (!call.tail_is_zero(IdAttr::kEndNextId) || attr.id >= kIntMax) return -EINVAL;
  return -ENOENT;
}

long prog_get_fd_by_id(Call& call) { return get_fd_by_id(call, ObjectKind::Prog, IdAttr::kEndId); }
long map_get_fd_by_id(Call& call) { return get_fd_by_id(call, ObjectKind::Map, IdAttr::kEndOpenFlags); }
long btf_get_fd_by_id(Call& call) { return get_fd_by_id(call, ObjectKind::Btf, IdAttr::kEndToken); }
long link_get_fd_by_id(Call& call) { return call.tail_is_zero(IdAttr::kEndId) ? -ENOENT : -EINVAL; }

}  // namespace skep::sys
