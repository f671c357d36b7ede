// Threads of this machine, as they are named in shared memory: by TID and start time, for TIDs are used again.
#pragma once

#include "base/types.h"

namespace skep::map {

struct ThreadName {
  u32 tid = 0;
  u64 start = 0;            // clock ticks since boot
  u64 pid_ns = 0;           // the PID namespace in which it has this TID: an inode number; 0 if /proc does not say
  bool registered = false;  // its process, for fence.h
};

// Of the calling thread. Kept per thread: no system call after the first.
const ThreadName& calling_thread();

struct ThreadState {
  u64 start = 0;       // clock ticks since boot; 0: there is no such thread, or nobody could look
  bool exited = true;  // also while its parent has not waited for it; false: or nobody could look
};
// What proc(5) says of thread `tid`.
ThreadState look_at_thread(u32 tid);

// The PID namespace of this process, as above.
u64 pid_namespace();

}  // namespace skep::map
