// The futex behind a stripe's lock, and what is known of the calling thread. futex(2), get_robust_list(2).
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "map/shm/fence.h"
#include "map/shm/self.h"

namespace skep::map {
namespace {

inline constexpr int kSpins = 100;
// Nanoseconds that a waiter sleeps at first, and at most; then a silent owner is looked at.
inline constexpr long kFirstSleep = 100'000, kPatience = 50'000'000;

// A word that reads as 0 in a forked child: the child is another thread with another TID.
u32* make_fork_mark() {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) std::abort();
  madvise(page, 4096, MADV_WIPEONFORK);
  return static_cast<u32*>(page);
}
u32* fork_mark() {
  static u32* const mark = make_fork_mark();
  return mark;
}

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// The owner said nothing for a while. Gone, or its TID used again: the kernel did not know that it held this lock.
bool owner_is_gone(const Stripe& stripe, u32 owner) {
  const u64 start = look_at_thread(owner).start;
  return start == 0 || (load_relaxed(stripe.owner_start) != 0 && start != load_relaxed(stripe.owner_start));
}

}  // namespace

constinit thread_local ThreadSelf this_thread;

[[gnu::noinline, gnu::cold]] void learn_thread(ThreadSelf& t) {
  const u32 tid = u32(syscall(SYS_gettid));
  t.name = {tid, look_at_thread(tid).start, pid_namespace(), register_light_fence()};
  t.n_held = 0;
  size_t size;
  if (syscall(SYS_get_robust_list, 0, &t.robust, &size) != 0 || t.robust == nullptr) {
    t.own.list.next = &t.own.list;
    t.own.futex_offset = 0;
    t.robust = &t.own;
    syscall(SYS_set_robust_list, t.robust, sizeof(*t.robust));
  }
  store_relaxed(*fork_mark(), u32(1));
  t.mark = fork_mark();
}

[[gnu::noinline, gnu::cold]] void wake_one_waiter(Stripe& stripe) {
  syscall(SYS_futex, &stripe.word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

[[gnu::noinline, gnu::cold]] Locked wait_for_stripe(Stripe& stripe, const ThreadSelf& t) {
  long sleep = kFirstSleep;
  for (int spin = 0;; ++spin) {
    const u32 word = load_relaxed(stripe.word);
    const u32 owner = word & FUTEX_TID_MASK;
    if (owner == 0 || (word & FUTEX_OWNER_DIED)) {
      // Others may be waiting: whoever waited keeps the mark, so that its unlock wakes the next.
      const u32 waiters = spin >= kSpins ? FUTEX_WAITERS : word & FUTEX_WAITERS;
      if (swap_word(stripe, word, t.name.tid | waiters))
        return word & FUTEX_OWNER_DIED ? Locked::Abandoned : Locked::Clean;
      continue;
    }
    if (spin < kSpins) {
      pause_cpu();
      continue;
    }
    if (!(word & FUTEX_WAITERS) && !swap_word(stripe, word, word | FUTEX_WAITERS)) continue;
    const timespec time = {0, sleep};
    const long r = syscall(SYS_futex, &stripe.word, FUTEX_WAIT, word | FUTEX_WAITERS, &time, nullptr, 0);
    if (r == 0 || errno != ETIMEDOUT) continue;
    if (sleep == kPatience && owner_is_gone(stripe, owner) &&
        swap_word(stripe, word | FUTEX_WAITERS, t.name.tid | FUTEX_WAITERS)) {
      return Locked::Abandoned;
    }
    sleep = sleep < kPatience / 2 ? 2 * sleep : kPatience;
  }
}

const ThreadName& calling_thread() { return current_thread().name; }

Locked lock_stripe(Stripe& stripe) { return lock_stripe(stripe, current_thread()); }

void unlock_stripe(Stripe& stripe) { unlock_stripe(stripe, this_thread); }

void lock_word(u32& word) {
  const ThreadSelf& t = current_thread();
  for (u32 spin = 1;; ++spin) {
    u32 owner = 0;
    if (__atomic_compare_exchange_n(&word, &owner, t.name.tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    if (spin % kSpins) {
      pause_cpu();
      continue;
    }
    syscall(SYS_sched_yield);
    if (spin % (kSpins * kSpins) == 0 && look_at_thread(owner).start == 0 &&
        __atomic_compare_exchange_n(&word, &owner, t.name.tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return;
  }
}

void unlock_word(u32& word) { store_release(word, u32(0)); }

void abandon_locks() {
  ThreadSelf& t = this_thread;
  while (t.n_held > 0) {
    Stripe& stripe = *t.held[--t.n_held];
    const u32 word = __atomic_exchange_n(&stripe.word, FUTEX_OWNER_DIED, __ATOMIC_RELEASE);
    if (word & FUTEX_WAITERS) wake_one_waiter(stripe);
  }
  if (t.robust != nullptr) t.set_pending(nullptr);
}

}  // namespace skep::map
