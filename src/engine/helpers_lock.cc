// Locks in map values and objects: bpf_spin_lock(), resilient spin locks, and interrupts, which a process has none of.
// The lock word holds its owner's TID, so that a lock whose owner died can be taken.
#include <sched.h>

#include <cerrno>
#include <ctime>

#include "engine/bodies.h"
#include "map/shm/stripe.h"
#include "map/shm/thread.h"

namespace skep::engine {
namespace {

constexpr u64 kPatienceNs = 250'000'000;  // Linux: RES_DEF_TIMEOUT, after which a lock is taken for deadlocked
constexpr u32 kLookEvery = 4096;          // turns of the wait between looks at the clock and the owner
constexpr u64 kIrqFlags = 0x202;          // as if interrupts had been on

u32& word_at(u64 address) { return *reinterpret_cast<u32*>(address); }

void unlock_held(const Held& held) { map::unlock_word(word_at(held.what)); }

u64 spin_lock(u64 lock, u64, u64, u64, u64, Run& run) {
  map::lock_word(word_at(lock));
  run.held.push_back({unlock_held, lock});
  return 0;
}

u64 spin_unlock(u64 lock, u64, u64, u64, u64, Run& run) {
  if (let_go(run, lock).give_back) map::unlock_word(word_at(lock));
  return 0;
}

u64 now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return u64(now.tv_sec) * 1'000'000'000 + u64(now.tv_nsec);
}

// 0; -EDEADLK: this thread has it; -ETIMEDOUT: its owner does not let go of it, as when two wait for each other.
int take(u32& word) {
  const u32 self = map::calling_thread().tid;
  const u64 start = now_ns();
  for (u32 turn = 1;; ++turn) {
    u32 owner = 0;
    if (__atomic_compare_exchange_n(&word, &owner, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return 0;
    if (owner == self) return -EDEADLK;
    if (turn % kLookEvery != 0) continue;
    if (map::look_at_thread(owner).exited &&
        __atomic_compare_exchange_n(&word, &owner, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return 0;
    if (now_ns() - start > kPatienceNs) return -ETIMEDOUT;
    sched_yield();
  }
}

void let_go_res(const Held& held) { __atomic_store_n(&word_at(held.what), 0, __ATOMIC_RELEASE); }

u64 res_spin_lock(u64 lock, u64, u64, u64, u64, Run& run) {
  const int err = take(word_at(lock));
  if (err == 0) run.held.push_back({let_go_res, lock});
  return u64(s64(err));
}

u64 res_spin_unlock(u64 lock, u64, u64, u64, u64, Run& run) {
  if (const Held held = let_go(run, lock); held.give_back) held.give_back(held);
  return 0;
}

u64 local_irq_save(u64 flags, u64, u64, u64, u64, Run&) {
  *reinterpret_cast<u64*>(flags) = kIrqFlags;
  return 0;
}

u64 local_irq_restore(u64, u64, u64, u64, u64, Run&) { return 0; }

u64 res_spin_lock_irqsave(u64 lock, u64 flags, u64, u64, u64, Run& run) {
  *reinterpret_cast<u64*>(flags) = kIrqFlags;
  return res_spin_lock(lock, 0, 0, 0, 0, run);
}

constexpr HelperBody kHelpers[] = {{93, spin_lock}, {94, spin_unlock}};

constexpr KfuncBody kKfuncs[] = {
    {"bpf_res_spin_lock", res_spin_lock},
    {"bpf_res_spin_unlock", res_spin_unlock},
    {"bpf_res_spin_lock_irqsave", res_spin_lock_irqsave},
    {"bpf_res_spin_unlock_irqrestore", res_spin_unlock},
    {"bpf_local_irq_save", local_irq_save},
    {"bpf_local_irq_restore", local_irq_restore},
};

}  // namespace

std::span<const HelperBody> lock_helpers() { return kHelpers; }
std::span<const KfuncBody> lock_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
