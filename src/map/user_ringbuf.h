// User ring buffer, the side of programs: bpf_user_ringbuf_drain(). Producers map the file (ring.h) as libbpf does.
#pragma once

#include "map/ring.h"

namespace skep::map {

// Takes samples, the oldest first, until there is none, `each(context, sample)` returns other than 0, or 131072 are
// taken; returns how many were. Samples lie in shared memory, and their producer can still write to them.
//   -EINVAL  unknown flags (RingFlag); a position that is no multiple of 8, or that does not fit a sample's length
//   -E2BIG   a sample longer than the ring
//   -EBUSY   another thread is draining
// Samples before a bad one have been taken.
s64 user_ringbuf_drain(Map& map, long (*each)(void* context, ConstBytes sample), void* context, u64 flags);

// For producers without room: waits until a program has drained since user_ringbuf_drains() was `seen`: 1; 0 after
// `timeout_ms` milliseconds (-1: never); -EINTR.
int user_ringbuf_wait(Map& map, u32 seen, int timeout_ms);
u32 user_ringbuf_drains(Map& map);

}  // namespace skep::map
