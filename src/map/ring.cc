// Layout, marks of threads, and the futex of ring buffers.
#include "map/ring.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <ctime>

namespace skep::map {
namespace {

inline constexpr u64 kManyNamespaces = ~u64(0);  // or none that is known

}  // namespace

Geometry Ring::layout(const MapMeta& meta, u32) {
  Geometry g;
  Layouter parts(g, 2 * kPageSize);
  g.values = parts.take(meta.max_entries, 2);
  g.n_stripes = 1;
  g.stripes = kPageSize + offsetof(ProducerPage, stripe);
  parts.finish();
  return g;
}

void Ring::note_namespace(const ThreadName& self) const {
  u64& shared = producer().pid_ns;
  const u64 seen = load_relaxed(shared);
  if (seen != kManyNamespaces) store_relaxed(shared, seen == 0 && self.pid_ns != 0 ? self.pid_ns : kManyNamespaces);
}

bool Ring::is_dead(u32 mark) const {
  if (load_relaxed(producer().pid_ns) != calling_thread().pid_ns) return false;
  const ThreadState thread = look_at_thread(mark & kTidMask);
  const bool unknown = !thread.exited && thread.start == 0;
  return !unknown && (thread.exited || mark_of(mark, thread.start) != mark);
}

void Ring::wake() const {
  __atomic_fetch_add(&producer().wakeups, 1, __ATOMIC_SEQ_CST);
  if (__atomic_exchange_n(&producer().sleepers, 0, __ATOMIC_SEQ_CST) != 0)
    syscall(SYS_futex, &producer().wakeups, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

int Ring::sleep(u32 seen, u32 milliseconds) const {
  const timespec time = {time_t(milliseconds / 1000), long(milliseconds % 1000) * 1'000'000};
  const long r = syscall(SYS_futex, &producer().wakeups, FUTEX_WAIT, seen, &time, nullptr, 0);
  return r != 0 && errno == EINTR ? -EINTR : 0;
}

}  // namespace skep::map
