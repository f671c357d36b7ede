// Ring buffer, the side of programs: what bpf_ringbuf_reserve, _submit, _discard, _output and _query do. Consumers map
// the file (ring.h) as libbpf does, and wait by ringbuf_wait(), for a plain file cannot be polled.
#pragma once

#include "map/ring.h"

namespace skep::map {

// What bpf_ringbuf_query() tells (UAPI linux/bpf.h).
enum RingQuery : u64 { BPF_RB_AVAIL_DATA = 0, BPF_RB_RING_SIZE = 1, BPF_RB_CONS_POS = 2, BPF_RB_PROD_POS = 3 };

// A sample of `size` bytes, to be given to submit or discard by the same thread. Null: no room; flags that are not 0.
u8* ringbuf_reserve(Map& map, u64 size, u64 flags);
// `flags`: RingFlag. Nothing happens if the record was given up (ringbuf.cc) in the meantime.
void ringbuf_submit(Map& map, u8* sample, u64 flags);
void ringbuf_discard(Map& map, u8* sample, u64 flags);
// 0; -EAGAIN: no room; -EINVAL: unknown flags.
int ringbuf_output(Map& map, ConstBytes sample, u64 flags);
// `what`: RingQuery; 0 for anything else. A snapshot.
u64 ringbuf_query(Map& map, u64 what);

// Waits until the record at the consumer's position is committed: 1; 0 after `timeout_ms` milliseconds (-1: never);
// -EINTR. Takes back records of producers that died meanwhile.
int ringbuf_wait(Map& map, int timeout_ms);

}  // namespace skep::map
