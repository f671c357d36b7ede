// What a thread keeps for its locks, and the short ways of taking and leaving one, to be in place where every
// nanosecond counts. All others call lock_stripe() and unlock_stripe().
#pragma once

#include <linux/futex.h>

#include "map/shm/stripe.h"
#include "map/shm/thread.h"

namespace skep::map {

inline constexpr int kMaxHeld = 4;  // stripes: one, and one per nested signal handler

struct ThreadSelf {
  const u32* mark = nullptr;  // a word that reads as 0 in a forked child; null: nothing is known yet
  ThreadName name;
  robust_list_head* robust = nullptr;
  robust_list_head own = {};  // for threads that glibc did not make
  Stripe* held[kMaxHeld] = {};
  robust_list* before[kMaxHeld] = {};  // the pending slot as it was: glibc's, or the stripe below
  int n_held = 0;

  robust_list* pending_entry(Stripe& stripe) const {
    return reinterpret_cast<robust_list*>(reinterpret_cast<char*>(&stripe.word) - robust->futex_offset);
  }
  void set_pending(robust_list* entry) {
    __atomic_store_n(&robust->list_op_pending, entry, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);  // the kernel looks at this thread's memory only after it stopped
  }
  bool holds(const Stripe& stripe) const {
    for (int i = 0; i < n_held; ++i) {
      if (held[i] == &stripe) return true;
    }
    return false;
  }
};

// In the part of a thread's memory whose place is known when the library is loaded: it is looked at for every lock.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local ThreadSelf this_thread;

void learn_thread(ThreadSelf& t);
Locked wait_for_stripe(Stripe& stripe, const ThreadSelf& t);
void wake_one_waiter(Stripe& stripe);

// The calling thread. After a fork other threads of the parent are gone, and so is what was known: only this one goes
// on.
inline ThreadSelf& current_thread() {
  ThreadSelf& t = this_thread;
  if (t.mark == nullptr || load_relaxed(*t.mark) == 0) [[unlikely]]
    learn_thread(t);
  return t;
}

inline bool swap_word(Stripe& stripe, u32 from, u32 to) {
  return __atomic_compare_exchange_n(&stripe.word, &from, to, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

inline Locked lock_stripe(Stripe& stripe, ThreadSelf& t) {
  if (t.n_held > 0 && (t.holds(stripe) || t.n_held == kMaxHeld)) [[unlikely]]
    return Locked::Busy;
  robust_list* const before = t.robust->list_op_pending;  // a signal may have come inside of pthread_mutex_lock()
  t.set_pending(t.pending_entry(stripe));
  const Locked result = swap_word(stripe, 0, t.name.tid) ? Locked::Clean : wait_for_stripe(stripe, t);
  t.held[t.n_held] = &stripe;
  t.before[t.n_held++] = before;
  store_relaxed(stripe.owner_start, t.name.start);
  if (result == Locked::Abandoned) [[unlikely]]
    store_relaxed(stripe.repairs, load_relaxed(stripe.repairs) + 1);
  return result;
}

// A look and a store, which cost less than half of an exchange. Who marks himself as waiting in between is not woken;
// he finds out after his first sleep.
inline void unlock_stripe(Stripe& stripe, ThreadSelf& t) {
  --t.n_held;
  const u32 word = load_relaxed(stripe.word);
  store_release(stripe.word, u32(0));
  if (word & FUTEX_WAITERS) [[unlikely]]
    wake_one_waiter(stripe);
  t.set_pending(t.before[t.n_held]);
}

}  // namespace skep::map
