// Barriers of which one side pays for both, between processes: a thread in a hurry stores, and looks whether somebody
// waits; a thread about to sleep says so, and looks whether something was stored. Each must have its store out before
// it looks. The one in a hurry only keeps the compiler from mixing them up; the other has the system make all threads
// of all processes that registered do the rest (membarrier(2)).
#pragma once

#include "base/types.h"
#include "map/shm/thread.h"

namespace skep::map {

// The side in a hurry. A full barrier of its own in a process that could not register.
inline void light_fence(const ThreadName& self) {
  if (self.registered)
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
  else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

// The other side: microseconds. False: the system has no such thing, so what registered threads do may be seen late.
bool heavy_fence();

// Makes light_fence() of this process do. False: it cannot be had.
bool register_light_fence();

}  // namespace skep::map
