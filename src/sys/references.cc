// See references.h.
#include "sys/references.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "sys/collect.h"

namespace skep::sys {
namespace {

constexpr char kDirty[] = "/dirty";

// Opens and locks the folder; -EAGAIN: it was removed meanwhile, or (`how` LOCK_NB) somebody has it.
int open_locked(const std::string& path, int how) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return errno == ENOSPC ? -ENOMEM : -errno;
  ScopedFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.ok()) return errno == ENOENT ? -EAGAIN : -errno;
  struct stat st;
  while (flock(fd.get(), LOCK_EX | how) != 0) {
    if (errno != EINTR) return -errno;
  }
  return fstat(fd.get(), &st) == 0 && st.st_nlink > 0 ? fd.release() : -EAGAIN;
}

}  // namespace

References::References(Namespace& ns, ObjectName owner, ScopedFd folder)
    : root_(ns.root()), path_(ns.references_of(owner)), folder_(std::move(folder)) {
  was_dirty_ = access((path_ + kDirty).c_str(), F_OK) == 0;
}

Result<References> References::lock(Namespace& ns, ObjectName owner) {
  const std::string path = ns.references_of(owner);
  int fd = -EAGAIN;
  while (fd == -EAGAIN) fd = open_locked(path, 0);
  if (fd < 0) return error_status(-fd, path);
  return References(ns, owner, ScopedFd(fd));
}

Result<References> References::try_lock(Namespace& ns, ObjectName owner) {
  const int fd = open_locked(ns.references_of(owner), LOCK_NB);
  if (fd < 0) return error_status(-fd);
  return References(ns, owner, ScopedFd(fd));
}

Status References::add(ObjectName target) {
  const std::string name = target.text(), from = root_ + "/objs/" + name, to = path_ + "/" + name;
  if (link(from.c_str(), to.c_str()) == 0 || errno == EEXIST) return {};
  return error_status(errno == ENOENT ? ENOENT : ENOMEM, to);
}

void References::remove(ObjectName target) { unlink((path_ + "/" + target.text()).c_str()); }

Status References::mark_dirty() {
  const ScopedFd fd(open((path_ + kDirty).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  return fd.ok() ? Status() : error_status(errno == ENOSPC ? ENOMEM : errno, path_);
}

void References::clear_dirty() { unlink((path_ + kDirty).c_str()); }

std::vector<ObjectName> references_of(const Namespace& ns, ObjectName owner) {
  auto targets = list_objects(ns.references_of(owner));
  std::sort(targets.begin(), targets.end());
  return targets;
}

}  // namespace skep::sys
