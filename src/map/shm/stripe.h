// A stripe: one cache line in a map's file that guards a part of the map. Writers take its lock; readers store nothing,
// they look at its sequence count before and after.
//
// The lock outlives its owner. The kernel learns of it through the thread's robust list, of which only the one-entry
// "pending" slot is used: no address ever lies in shared memory. When an owner dies (at any instruction; kill -9,
// execve, exit of a thread) the kernel sets the word's DIED bit, and whoever takes the lock next repairs the stripe
// first: Map::ops->repair, which must be able to die itself.
//
//   word:  0 free | owner's TID | WAITERS (bit 31) | DIED (bit 30)          FUTEX_TID_MASK and friends of futex(2)
//   seq:   even: nobody is changing what readers see; odd: somebody is, or died while at it
//
// A thread holds at most one stripe at a time. (A signal handler that comes in the middle of an operation and uses
// another map holds a second; if the process is killed just then, the first is freed by the slow path, which asks
// /proc.)
#pragma once

#include "map/shm/words.h"

namespace skep::map {

struct alignas(64) Stripe {
  u32 word = 0;
  u32 seq = 0;
  // What a type's repair needs to know of the operation that was under way; the type says what they mean. Written
  // before the step they describe.
  u32 elem = 0, spare = 0, old = 0, bucket = 0, phase = 0;
  u32 group = 0;        // pool.h
  u64 owner_start = 0;  // start time of the owning thread, in clock ticks since boot: tells a TID used again
  u32 repairs = 0;      // how often the stripe was found abandoned
  u32 pad[5] = {};
};
static_assert(sizeof(Stripe) == 64);

enum class Locked {
  Clean,
  Abandoned,  // the owner died: repair before anything else
  Busy,       // this thread holds it already (a signal came in the middle of an operation)
};

// Takes the lock. Waits while the owner lives, also while it is stopped.
Locked lock_stripe(Stripe& stripe);
void unlock_stripe(Stripe& stripe);
// After a fault in the middle of operations: lets go of whatever this thread holds, marked as by a dead owner.
void abandon_locks();

// A bare lock word in a value (bpf_spin_lock): the owner's TID or 0. Spins, then yields; a word whose owner is gone is
// taken over.
void lock_word(u32& word);
void unlock_word(u32& word);

// Writers: what lies between is seen by readers as a whole or not at all.
inline void begin_write(Stripe& stripe) {
  store_relaxed(stripe.seq, load_relaxed(stripe.seq) | 1);
  __atomic_thread_fence(__ATOMIC_RELEASE);
}
inline void end_write(Stripe& stripe) { store_release(stripe.seq, (load_relaxed(stripe.seq) | 1) + 1); }

// Readers: read_begin() gives an even count, or an odd one while a writer is at it; what was read is valid if
// read_valid() says so afterwards.
inline u32 read_begin(const Stripe& stripe) { return load_acquire(stripe.seq); }
inline bool read_valid(const Stripe& stripe, u32 seq) {
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  return (seq & 1) == 0 && load_relaxed(stripe.seq) == seq;
}

}  // namespace skep::map
