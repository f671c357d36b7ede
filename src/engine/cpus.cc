// See cpus.h.
#include "engine/cpus.h"

#include <sched.h>
#include <time.h>

#include "map/shm/guard.h"
#include "map/shm/thread.h"

namespace skep::engine {
namespace {

// TID 22 bits (PID_MAX_LIMIT), start time 21, PID namespace 21.
constexpr u32 kTidBits = 22, kPartBits = 21;
constexpr u64 kTidMask = (u64(1) << kTidBits) - 1, kPartMask = (u64(1) << kPartBits) - 1;

u64 mark_of(u64 tid, u64 start, u64 pid_ns) {
  return (tid & kTidMask) | (start & kPartMask) << kTidBits | (pid_ns & kPartMask) << (kTidBits + kPartBits);
}

u64 own_mark() {
  const map::ThreadName self = map::calling_thread();
  return mark_of(self.tid, self.start, self.pid_ns);
}

// Only ever true if its TID means something in our PID namespace.
bool is_dead(u64 mark) {
  const u64 pid_ns = map::calling_thread().pid_ns;
  if (((mark ^ mark_of(0, 0, pid_ns)) >> (kTidBits + kPartBits)) != 0) return false;
  const map::ThreadState thread = map::look_at_thread(u32(mark & kTidMask));
  return thread.exited || mark_of(mark & kTidMask, thread.start, pid_ns) != mark;
}

constexpr u32 kYields = 64;  // then it sleeps between tries, and looks whether the owners live
constexpr timespec kNap = {0, 100'000};

}  // namespace

bool Cpus::try_take(u32 cpu, u64 self, u64& owner, bool take_over) {
  const auto swap = [&] {
    return __atomic_compare_exchange_n(&words_[cpu].owner, &owner, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  };
  owner = 0;
  return swap() || (take_over && owner != self && is_dead(owner) && swap());
}

// One of `n` CPUs from `first` on, round the corner.
Cpus::Taken Cpus::wait_for(u32 first, u32 n) {
  const u64 self = own_mark();
  for (u32 turn = 0;; ++turn) {
    for (u32 i = 0; i < n; ++i) {
      const u32 cpu = (first + i) % count();
      u64 owner;
      if (try_take(cpu, self, owner, turn > kYields)) return {cpu, true};
      if (owner == self) return {cpu, false};
    }
    if (turn < kYields) {
      sched_yield();
    } else {
      clock_nanosleep(CLOCK_MONOTONIC, 0, &kNap, nullptr);
    }
  }
}

Cpus::Taken Cpus::take(u32 wanted, u32 hint) {
  Taken taken;
  (void)map::guarded(0, [&]() -> long {
    if (wanted != kAnyCpu) {
      taken = wait_for(wanted % count(), 1);
      return 1;
    }
    for (u32 cpu = 0; hint == kAnyCpu && cpu < count(); ++cpu) {
      if (__atomic_load_n(&words_[cpu].owner, __ATOMIC_RELAXED) != own_mark()) continue;
      taken = {cpu, false};
      return 1;
    }
    taken = wait_for((hint == kAnyCpu ? u32(sched_getcpu()) : hint) % count(), count());
    return 1;
  });
  return taken;
}

void Cpus::give_back(u32 cpu) {
  (void)map::guarded(0, [&]() -> long {
    __atomic_store_n(&words_[cpu].owner, u64(0), __ATOMIC_RELEASE);
    return 1;
  });
}

}  // namespace skep::engine
