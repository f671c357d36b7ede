// See stats.h.
#include "sys/stats.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>

#include <cerrno>

namespace skep::sys {

int StatsSwitch::enable() {
  int fd;
  if (shared_) {
    fd = open((shared_->root() + "/stats").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  } else {
    fd = memfd_create("bpf-stats", MFD_CLOEXEC);
  }
  if (fd < 0) return -errno;
  if (shared_) flock(fd, LOCK_SH);
  if (!shared_) enabled_ = true;
  return fd;
}

bool StatsSwitch::enabled() const {
  if (!shared_) return enabled_;
  const ScopedFd fd(open((shared_->root() + "/stats").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd.ok() && flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
}

}  // namespace skep::sys
