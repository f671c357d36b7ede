// libc's functions that end a descriptor, make it another, or poll it: what skep remembers of it
// (sys/descriptor_cache.h) is forgotten, before and after, so that no other thread can bring it back in between.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "preload/real.h"
#include "preload/watch.h"
#include "skep/skep.h"

using skep::preload::real;

namespace {

constexpr unsigned kRemembered = 1024;

void forget_range(unsigned first, unsigned last) {
  for (unsigned fd = first; fd <= last && fd < kRemembered; ++fd) skep_forget_descriptor(int(fd));
}

// Every call of the child's goes through the wrappers here.
[[gnu::constructor]] void remember_descriptors() { skep_remember_descriptors(); }

}  // namespace

SKEP_WRAPPER int epoll_ctl(int epoll, int operation, int fd, epoll_event* event) {
  static auto* const next = real<skep::preload::EpollCtl>("epoll_ctl");
  const int result = next(epoll, operation, fd, event);
  if (result == 0 || (errno != EPERM && errno != ENOENT)) return result;
  const int error = errno;
  if (skep::preload::watch_ring(next, epoll, operation, fd, event) == 0) return 0;
  errno = error;
  return -1;
}

SKEP_WRAPPER int close(int fd) {
  static auto* const next = real<int(int)>("close");
  skep_forget_descriptor(fd);
  skep::preload::stop_watching(fd);
  const int result = next(fd);
  skep_forget_descriptor(fd);
  return result;
}

SKEP_WRAPPER int dup2(int from, int to) {
  static auto* const next = real<int(int, int)>("dup2");
  skep_forget_descriptor(to);
  const int result = next(from, to);
  skep_forget_descriptor(to);
  return result;
}

SKEP_WRAPPER int dup3(int from, int to, int flags) {
  static auto* const next = real<int(int, int, int)>("dup3");
  skep_forget_descriptor(to);
  const int result = next(from, to, flags);
  skep_forget_descriptor(to);
  return result;
}

SKEP_WRAPPER int close_range(unsigned first, unsigned last, int flags) {
  static auto* const next = real<int(unsigned, unsigned, int)>("close_range");
  forget_range(first, last);
  const int result = next(first, last, flags);
  forget_range(first, last);
  return result;
}

SKEP_WRAPPER void closefrom(int first) {
  static auto* const next = real<void(int)>("closefrom");
  const unsigned from = first < 0 ? 0 : unsigned(first);
  forget_range(from, ~0u);
  next(first);
  forget_range(from, ~0u);
}
