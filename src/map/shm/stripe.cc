// The futex behind a stripe's lock, and what is known of the calling thread. futex(2), get_robust_list(2).
#include "map/shm/stripe.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "map/shm/thread.h"

namespace skep::map {
namespace {

inline constexpr int kMaxHeld = 4;  // one, and one per nested signal handler
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

struct Thread {
  const u32* mark = nullptr;  // fork_mark(); null: nothing is known yet
  u32 tid = 0;
  u64 start = 0;
  u64 pid_ns = 0;
  robust_list_head* robust = nullptr;
  robust_list_head own = {};  // for threads that glibc did not make
  Stripe* held[kMaxHeld] = {};
  robust_list* before[kMaxHeld] = {};  // the pending slot as it was: glibc's, or the stripe below
  int n_held = 0;
};
// In the part of a thread's memory whose place is known when the library is loaded: it is looked at for every lock.
[[gnu::tls_model("initial-exec")]] thread_local Thread this_thread;

[[gnu::noinline, gnu::cold]] void learn_thread(Thread& t) {
  t.tid = u32(syscall(SYS_gettid));
  t.start = look_at_thread(t.tid).start;
  t.pid_ns = pid_namespace();
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

Thread& current() {
  Thread& t = this_thread;
  // After a fork other threads of the parent are gone, and so are their cached entries: only this one continues.
  if (t.mark == nullptr || load_relaxed(*t.mark) == 0) learn_thread(t);
  return t;
}

robust_list* pending_entry(const Thread& t, Stripe& stripe) {
  return reinterpret_cast<robust_list*>(reinterpret_cast<char*>(&stripe.word) - t.robust->futex_offset);
}

void set_pending(Thread& t, robust_list* entry) {
  __atomic_store_n(&t.robust->list_op_pending, entry, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);  // the kernel looks at this thread's memory only after it stopped
}

bool swap_word(Stripe& stripe, u32 from, u32 to) {
  return __atomic_compare_exchange_n(&stripe.word, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

bool holds(const Thread& t, const Stripe& stripe) {
  for (int i = 0; i < t.n_held; ++i) {
    if (t.held[i] == &stripe) return true;
  }
  return false;
}

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

[[gnu::noinline, gnu::cold]] void wake_one(Stripe& stripe) {
  syscall(SYS_futex, &stripe.word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// The owner said nothing for a while. Gone, or its TID used again: the kernel did not know that it held this lock.
bool owner_is_gone(const Stripe& stripe, u32 owner) {
  const u64 start = look_at_thread(owner).start;
  return start == 0 || (load_relaxed(stripe.owner_start) != 0 && start != load_relaxed(stripe.owner_start));
}

[[gnu::noinline, gnu::cold]] Locked wait_for(Stripe& stripe, const Thread& t) {
  long sleep = kFirstSleep;
  for (int spin = 0;; ++spin) {
    const u32 word = load_relaxed(stripe.word);
    const u32 owner = word & FUTEX_TID_MASK;
    if (owner == 0 || (word & FUTEX_OWNER_DIED)) {
      // Others may be waiting: whoever waited keeps the mark, so that its unlock wakes the next.
      const u32 waiters = spin >= kSpins ? FUTEX_WAITERS : word & FUTEX_WAITERS;
      if (swap_word(stripe, word, t.tid | waiters)) return word & FUTEX_OWNER_DIED ? Locked::Abandoned : Locked::Clean;
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
        swap_word(stripe, word | FUTEX_WAITERS, t.tid | FUTEX_WAITERS)) {
      return Locked::Abandoned;
    }
    sleep = sleep < kPatience / 2 ? 2 * sleep : kPatience;
  }
}

}  // namespace

ThreadName calling_thread() {
  const Thread& t = current();
  return {t.tid, t.start, t.pid_ns};
}

Locked lock_stripe(Stripe& stripe) {
  Thread& t = current();
  if (t.n_held > 0 && (holds(t, stripe) || t.n_held == kMaxHeld)) return Locked::Busy;
  robust_list* const before = t.robust->list_op_pending;  // a signal may have come inside of pthread_mutex_lock()
  set_pending(t, pending_entry(t, stripe));
  const Locked result = swap_word(stripe, 0, t.tid) ? Locked::Clean : wait_for(stripe, t);
  t.held[t.n_held] = &stripe;
  t.before[t.n_held++] = before;
  store_relaxed(stripe.owner_start, t.start);
  if (result == Locked::Abandoned) store_relaxed(stripe.repairs, load_relaxed(stripe.repairs) + 1);
  return result;
}

// A look and a store, which cost less than half of an exchange. Who marks himself as waiting in between is not woken;
// he finds out after kFirstSleep.
void unlock_stripe(Stripe& stripe) {
  Thread& t = this_thread;
  --t.n_held;
  const u32 word = load_relaxed(stripe.word);
  store_release(stripe.word, u32(0));
  if (word & FUTEX_WAITERS) wake_one(stripe);
  set_pending(t, t.before[t.n_held]);
}

void lock_word(u32& word) {
  const Thread& t = current();
  for (u32 spin = 1;; ++spin) {
    u32 owner = 0;
    if (__atomic_compare_exchange_n(&word, &owner, t.tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return;
    if (spin % kSpins) {
      pause_cpu();
      continue;
    }
    syscall(SYS_sched_yield);
    if (spin % (kSpins * kSpins) == 0 && look_at_thread(owner).start == 0 &&
        __atomic_compare_exchange_n(&word, &owner, t.tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return;
  }
}

void unlock_word(u32& word) { store_release(word, u32(0)); }

void abandon_locks() {
  Thread& t = this_thread;
  while (t.n_held > 0) {
    Stripe& stripe = *t.held[--t.n_held];
    const u32 word = __atomic_exchange_n(&stripe.word, FUTEX_OWNER_DIED, __ATOMIC_RELEASE);
    if (word & FUTEX_WAITERS) wake_one(stripe);
  }
  if (t.robust != nullptr) set_pending(t, nullptr);
}

}  // namespace skep::map
