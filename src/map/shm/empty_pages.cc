// See empty_pages.h. One descriptor serves all mappings of a process; one that was inherited is of another's memory.
#include "map/shm/empty_pages.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1  // Linux 5.11: allowed without privileges
#endif

namespace skep::map {
namespace {

int open_watcher() {
  const int fd = int(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
  if (fd < 0) return -1;
  uffdio_api api = {};
  api.api = UFFD_API;
  api.features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_MISSING_SHMEM;
  if (ioctl(fd, UFFDIO_API, &api) == 0) return fd;
  close(fd);
  return -1;
}

// -1: there is none.
int watcher() {
  static std::mutex mutex;
  static int fd = -1, of = 0;
  std::lock_guard lock(mutex);
  if (of == getpid()) return fd;
  if (fd >= 0) close(fd);
  of = getpid();
  return fd = open_watcher();
}

u64 address_of(const void* at) { return reinterpret_cast<u64>(at); }

// Of a watched range that nobody fills meanwhile but, page by page, those who touch it elsewhere.
bool fill_watched(void* at, u64 bytes) {
  const int fd = watcher();
  if (fd < 0) return false;
  for (u64 done = 0; done < bytes;) {
    uffdio_zeropage zero = {};
    zero.range = {address_of(at) + done, bytes - done};
    if (ioctl(fd, UFFDIO_ZEROPAGE, &zero) == 0) return true;
    if (zero.zeropage == -EEXIST) zero.zeropage = getpagesize();
    if (zero.zeropage <= 0 && zero.zeropage != -EAGAIN) return false;
    if (zero.zeropage > 0) done += u64(zero.zeropage);
  }
  return true;
}

}  // namespace

bool watch_empty_pages(void* at, u64 bytes) {
  const int fd = watcher();
  uffdio_register range = {};
  range.range = {address_of(at), bytes};
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  return fd >= 0 && ioctl(fd, UFFDIO_REGISTER, &range) == 0;
}

bool fill_pages(void* at, u64 bytes) {
  if (madvise(at, bytes, MADV_POPULATE_WRITE) == 0) return true;
  // EINVAL: a kernel without it; memory comes with the first touch.
  return errno == EINVAL || fill_watched(at, bytes);
}

}  // namespace skep::map
