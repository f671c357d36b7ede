// BPF_OBJ_PIN and BPF_OBJ_GET. The namespace's folder bpffs/ is the BPF file system: /sys/fs/bpf/... means a path below
// it, and its own paths are taken as they are. A pin is one more link of the object's file; rename, unlink, symbolic
// links and folders are the machine's.
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/command.h"
#include "sys/import.h"

namespace skep::sys {
namespace {

inline constexpr u32 kPathFd = 1u << 14;  // BPF_F_PATH_FD
inline constexpr u32 kAccessFlags = BPF_F_RDONLY | BPF_F_WRONLY;
constexpr std::string_view kMountPoint = "/sys/fs/bpf";

// The caller's path; EFAULT, ENOENT (empty) or ENAMETOOLONG.
Result<std::string> copy_path(u64 user) {
  std::string path;
  for (char c = 1; path.size() < PATH_MAX; path += c) {
    if (!copy_from_user(&c, user + path.size(), 1)) return error_status(EFAULT);
    if (c != 0) continue;
    if (path.empty()) return error_status(ENOENT);
    return path;
  }
  return error_status(ENAMETOOLONG);
}

std::string below_root(const Namespace& ns, std::string path) {
  const bool mapped =
      path.starts_with(kMountPoint) && (path.size() == kMountPoint.size() || path[kMountPoint.size()] == '/');
  return mapped ? ns.pins() + path.substr(kMountPoint.size()) : path;
}

// Path and the folder it starts from.
struct Place {
  int folder = AT_FDCWD;
  std::string path;
};

Result<Place> place_of(const Call& call, const ObjAttr& attr) {
  auto path = copy_path(attr.pathname);
  if (!path.ok()) return path.status();
  const Namespace* ns = call.kernel.objects().shared();
  return Place{attr.file_flags & kPathFd ? attr.path_fd : AT_FDCWD, ns ? below_root(*ns, *path) : *path};
}

// The folder that a new name goes to, and the name. What is behind the folder's descriptor decides where we are.
struct Target {
  ScopedFd folder;
  std::string name;
};

Result<Target> target_of(const Place& place) {
  const size_t slash = place.path.rfind('/');
  const std::string parent = slash == place.path.npos ? "." : place.path.substr(0, slash + 1);
  Target target{ScopedFd(openat(place.folder, parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
                slash == place.path.npos ? place.path : place.path.substr(slash + 1)};
  if (!target.folder.ok()) return error_status(errno);
  struct stat st;
  if (fstatat(target.folder.get(), target.name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) return error_status(EEXIST);
  if (errno != ENOENT || target.name.empty()) return error_status(target.name.empty() ? EEXIST : errno);
  return target;
}

// Whether a folder is the BPF file system or below it, in this namespace.
bool is_bpffs(const Namespace& ns, int folder) {
  struct stat root, at;
  if (stat(ns.pins().c_str(), &root) != 0) return false;
  ScopedFd step(openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int depth = 0; depth < PATH_MAX / 2 && step.ok() && fstat(step.get(), &at) == 0; ++depth) {
    if (at.st_ino == root.st_ino && at.st_dev == root.st_dev) return true;
    struct stat up;
    ScopedFd parent(openat(step.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!parent.ok() || fstat(parent.get(), &up) != 0 || (up.st_ino == at.st_ino && up.st_dev == at.st_dev))
      return false;
    step = std::move(parent);
  }
  return false;
}

}  // namespace

long obj_pin(Call& call) {
  const auto attr = call.as<ObjAttr>();
  if (!call.tail_is_zero(ObjAttr::kEnd) || (attr.file_flags & ~kPathFd)) return -EINVAL;
  if (!(attr.file_flags & kPathFd) && attr.path_fd != 0) return -EINVAL;
  const auto found = call.kernel.find(int(attr.bpf_fd));
  if (!found.ok() || found->object.btf) return -EINVAL;
  const auto place = place_of(call, attr);
  if (!place.ok()) return -place.error();
  const auto target = target_of(*place);
  if (!target.ok()) return -target.error();
  const Namespace* ns = call.kernel.objects().shared();
  if (ns == nullptr || !is_bpffs(*ns, target->folder.get()) || target->name.find('.') != target->name.npos)
    return -EPERM;
  const std::string anchor = ns->anchor_of(found->object.name());
  return linkat(AT_FDCWD, anchor.c_str(), target->folder.get(), target->name.c_str(), 0) == 0 ? 0 : -errno;
}

long obj_get(Call& call) {
  const auto attr = call.as<ObjAttr>();
  const u32 access = attr.file_flags & kAccessFlags;
  if (!call.tail_is_zero(ObjAttr::kEnd) || attr.bpf_fd != 0 || (attr.file_flags & ~(kAccessFlags | kPathFd)))
    return -EINVAL;
  if ((!(attr.file_flags & kPathFd) && attr.path_fd != 0) || access == kAccessFlags) return -EINVAL;
  const auto place = place_of(call, attr);
  if (!place.ok()) return -place.error();
  struct stat st;
  if (fstatat(place->folder, place->path.c_str(), &st, 0) != 0) return -errno;
  if (!S_ISREG(st.st_mode) || call.kernel.objects().shared() == nullptr) return -EACCES;
  const int flags = O_CLOEXEC | O_NONBLOCK;
  ScopedFd readable(openat(place->folder, place->path.c_str(), O_RDONLY | flags));
  if (!readable.ok()) return -errno;
  const auto found = import_by_fd(call.kernel, readable.get());
  if (!found.ok()) return found.error() == EINVAL ? -EACCES : -found.error();
  return call.kernel.objects().open_by_id(found->object.name(), denied_by(access));
}

}  // namespace skep::sys
