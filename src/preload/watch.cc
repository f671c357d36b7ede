// One thread for each watched ring buffer. It sleeps on the ring's futex (map/ringbuf.h) and signals when there is
// something new to consume; what stays unconsumed is signalled again every 50 ms, as a level-triggered poll would.
// Threads do not live on in a forked child.
#include "preload/watch.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <new>

#include "map/ringbuf.h"
#include "preload/real.h"
#include "sys/default_kernel.h"

namespace skep::preload {
namespace {

constexpr int kMaxWatches = 64;
constexpr int kAgainMs = 50;

struct Watch {
  int epoll, fd, event;
  sys::MapRef ring;
  std::atomic<bool> stop = false;
};

std::mutex mutex;
Watch* watches[kMaxWatches];

void* run(void* argument) {
  auto* const watch = static_cast<Watch*>(argument);
  u64 signalled = ~u64(0);
  int quiet_ms = 0;  // since the last signal, while something is there
  while (!watch->stop) {
    if (map::ringbuf_wait(*watch->ring, kAgainMs) != 1) continue;
    const u64 position = map::ringbuf_query(*watch->ring, map::BPF_RB_PROD_POS);
    if (position != signalled || ++quiet_ms >= kAgainMs) {
      eventfd_write(watch->event, 1);
      signalled = position;
      quiet_ms = 0;
    }
    usleep(1000);
  }
  real<int(int)>("close")(watch->event);
  delete watch;
  return nullptr;
}

// Signals are the host's: none is delivered to a thread that it does not know.
bool start(Watch* watch) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const bool started = pthread_create(&thread, nullptr, run, watch) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (started) pthread_detach(thread);
  return started;
}

int add(EpollCtl* next, int epoll, int fd, const epoll_event& wanted) {
  auto ring = sys::default_kernel().map(fd);
  if (!ring.ok() || (*ring)->meta().map_type != BPF_MAP_TYPE_RINGBUF) return -1;
  std::lock_guard lock(mutex);
  for (Watch*& place : watches) {
    if (place != nullptr) continue;
    const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    auto* const watch = new (std::nothrow) Watch{epoll, fd, event, *ring};
    epoll_event edge = wanted;
    edge.events |= EPOLLET;  // nobody reads the eventfd
    if (watch != nullptr && event >= 0 && next(epoll, EPOLL_CTL_ADD, event, &edge) == 0 && start(watch)) {
      place = watch;
      return 0;
    }
    if (event >= 0) real<int(int)>("close")(event);
    delete watch;
    return -1;
  }
  return -1;
}

}  // namespace

int watch_ring(EpollCtl* next, int epoll, int operation, int fd, const epoll_event* event) {
  if (operation == EPOLL_CTL_ADD) return event != nullptr ? add(next, epoll, fd, *event) : -1;
  std::lock_guard lock(mutex);
  for (Watch*& watch : watches) {
    if (watch == nullptr || watch->epoll != epoll || watch->fd != fd) continue;
    if (operation == EPOLL_CTL_MOD && event != nullptr) {
      epoll_event edge = *event;
      edge.events |= EPOLLET;
      return next(epoll, EPOLL_CTL_MOD, watch->event, &edge);
    }
    next(epoll, EPOLL_CTL_DEL, watch->event, nullptr);
    watch->stop = true;
    watch = nullptr;
    return 0;
  }
  return -1;
}

void stop_watching(int fd) {
  std::lock_guard lock(mutex);
  for (Watch*& watch : watches) {
    if (watch == nullptr || (watch->epoll != fd && watch->fd != fd)) continue;
    watch->stop = true;
    watch = nullptr;
  }
}

}  // namespace skep::preload
