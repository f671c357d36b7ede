// Commands about attaching, links and statistics. Nothing can be attached here: they answer exactly as far as Linux
// does before it looks at what it would attach to, and say EOPNOTSUPP where Linux would go on. There are no links, so
// every descriptor is none.
#include <sys/stat.h>
#include <unistd.h>

#include "sys/command.h"
#include "sys/executables.h"

namespace skep::sys {
namespace {

inline constexpr u32 kReplaceLink = 1u << 2;  // BPF_F_REPLACE
inline constexpr u32 kAttachFlags = 0x3f | 1u << 13;

// Where programs of an attach type go.
enum class Site : u8 { None, Cgroup, Netns, Sockmap, Device, Other };

// By enum bpf_attach_type (UAPI linux/bpf.h).
constexpr Site kSites[] = {
    Site::Cgroup, Site::Cgroup, Site::Cgroup, Site::Cgroup, Site::Sockmap, Site::Sockmap, Site::Cgroup,  Site::Sockmap,
    Site::Cgroup, Site::Cgroup, Site::Cgroup, Site::Cgroup, Site::Cgroup,  Site::Cgroup,  Site::Cgroup,  Site::Cgroup,
    Site::None,   Site::Netns,  Site::Cgroup, Site::Cgroup, Site::Cgroup,  Site::Cgroup,  Site::Cgroup,  Site::None,
    Site::None,   Site::None,   Site::None,   Site::None,   Site::None,    Site::Cgroup,  Site::Cgroup,  Site::Cgroup,
    Site::Cgroup, Site::None,   Site::Cgroup, Site::None,   Site::Netns,   Site::None,    Site::Sockmap, Site::None,
    Site::None,   Site::None,   Site::None,   Site::Cgroup, Site::None,    Site::None,    Site::Device,  Site::Device,
    Site::None,   Site::Cgroup, Site::Cgroup, Site::Cgroup, Site::Cgroup,  Site::Cgroup,
};

Site site_of(u32 attach_type) { return attach_type < std::size(kSites) ? kSites[attach_type] : Site::None; }

bool is_open(u32 fd) {
  struct stat st;
  return fstat(int(fd), &st) == 0;
}

// A descriptor that should be a link: EBADF, or EINVAL as there are none.
long no_link(Call& call, u32 fd) {
  const auto found = call.kernel.find(int(fd));
  return found.ok() || found.error() != EBADF ? -EINVAL : -EBADF;
}

}  // namespace

long prog_attach(Call& call) {
  const auto attr = call.as<AttachAttr>();
  if (!call.tail_is_zero(AttachAttr::kEnd) || (attr.attach_flags & ~kAttachFlags)) return -EINVAL;
  const auto prog = call.kernel.prog(int(attr.attach_bpf_fd));
  if (site_of(attr.attach_type) == Site::None) return -EINVAL;
  if (!prog.ok()) return -prog.error();
  const bool fits = call.kernel.target().attach_type_ok((*prog)->image.header.prog_type, attr.attach_type);
  return fits && (*prog)->image.header.prog_type != BPF_PROG_TYPE_SOCKET_FILTER ? -EOPNOTSUPP : -EINVAL;
}

long prog_detach(Call& call) {
  const auto attr = call.as<AttachAttr>();
  const Site site = site_of(attr.attach_type);
  if (!call.tail_is_zero(AttachAttr::kEnd) || site == Site::None || site == Site::Netns || site == Site::Device)
    return -EINVAL;
  return is_open(attr.target_fd) ? -ENOENT : -EBADF;
}

long prog_query(Call& call) {
  struct {
    u32 target_fd, attach_type, query_flags;
  } attr;
  std::memcpy(&attr, call.bytes, sizeof(attr));
  if (!call.tail_is_zero(QueryAttr::kEnd) || (attr.query_flags & ~1u)) return -EINVAL;
  switch (site_of(attr.attach_type)) {
    case Site::None: return -EINVAL;
    case Site::Device: return -ENODEV;
    default: break;
  }
  if (!is_open(attr.target_fd)) return -EBADF;
  return -EOPNOTSUPP;
}

long link_update(Call& call) {
  struct {
    u32 link_fd, new_prog_fd, flags, old_prog_fd;
  } attr;
  std::memcpy(&attr, call.bytes, sizeof(attr));
  if (!call.tail_is_zero(sizeof(attr)) || (attr.flags & ~kReplaceLink)) return -EINVAL;
  return no_link(call, attr.link_fd);
}

long link_detach(Call& call) { return call.tail_is_zero(4) ? no_link(call, call.as<u32>()) : -EINVAL; }

long iter_create(Call& call) {
  struct {
    u32 link_fd, flags;
  } attr;
  std::memcpy(&attr, call.bytes, sizeof(attr));
  return call.tail_is_zero(sizeof(attr)) && attr.flags == 0 ? no_link(call, attr.link_fd) : -EINVAL;
}

// Which BPF program a descriptor of some process belongs to: to none.
long task_fd_query(Call& call) {
  struct {
    u32 pid, fd, flags;
  } attr;
  std::memcpy(&attr, call.bytes, sizeof(attr));
  if (!call.tail_is_zero(TaskFdQueryAttr::kEnd) || attr.flags) return -EINVAL;
  if (!call.kernel.config().caps.sys_admin) return -EPERM;
  const std::string folder = "/proc/" + std::to_string(attr.pid);
  if (access(folder.c_str(), F_OK) != 0) return -ENOENT;
  struct stat st;
  return lstat((folder + "/fd/" + std::to_string(attr.fd)).c_str(), &st) != 0 ? -EBADF : -kErrnoNotSupp;
}

// What a program wrote to its stdout (1) or stderr (2) in this process, and nobody has read: how many bytes.
long prog_stream_read(Call& call) {
  struct {
    u64 buffer;
    u32 length, stream_id, prog_fd;
  } attr;
  std::memcpy(&attr, call.bytes, sizeof(attr));
  if (!call.tail_is_zero(20)) return -EINVAL;
  const auto prog = call.kernel.prog(int(attr.prog_fd));
  if (!prog.ok()) return -prog.error();
  if (!engine::Streams::exists(attr.stream_id)) return -ENOENT;
  const std::string text =
      call.kernel.executables().machine().streams().read((*prog)->id(), attr.stream_id, attr.length);
  return copy_to_user(attr.buffer, text.data(), text.size()) ? long(text.size()) : -EFAULT;
}

long enable_stats(Call& call) {
  if (!call.tail_is_zero(4)) return -EINVAL;
  if (!call.kernel.config().caps.sys_admin) return -EPERM;
  return call.as<u32>() == 0 ? call.kernel.stats().enable() : -EINVAL;
}

}  // namespace skep::sys
