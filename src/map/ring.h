// What the two ring buffers have in common: the file as an unmodified libbpf maps it, headers of records, marks of the
// threads that write them, and waiting.
//
//   0          consumer page: u64 position · our words from 64 on
//   1 page     producer page: u64 position · our words from 64 on, among them the map's only stripe
//   2 pages    data: max_entries bytes, a power of two
//   2 p.+size  the same number of bytes again
//
// A record starts at position & (size - 1) and is contiguous: one that would run past the end goes on in the second
// half, which is where the mapping of Linux, whose second half shows the first again, has it too. The bytes at the
// start of the first half that it leaves out stay unused until the positions come by again.
//
// Positions only grow. A record is u32 length, with the bits below · u32 · the sample, to 8 bytes.
#pragma once

#include "map/map.h"
#include "map/shm/thread.h"

namespace skep::map {

inline constexpr u32 kRingBusy = 1u << 31;     // not committed yet
inline constexpr u32 kRingDiscard = 1u << 30;  // to be skipped
inline constexpr u32 kRingHeader = 8;          // bytes

// Flags of bpf_ringbuf_submit and its like (UAPI linux/bpf.h).
enum RingFlag : u64 { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };

struct RingHeader {
  u32 length = 0;
  u32 owner = 0;  // ring buffer: mark of the thread that reserved the record (Linux keeps a page offset here)
};

struct ConsumerPage {
  u64 position = 0;
  alignas(64) u32 drainer = 0;  // user ring buffer: mark of the thread that drains
};

struct ProducerPage {
  u64 position = 0;
  alignas(64) u64 pending = 0;  // ring buffer: all records before it are committed
  u64 pid_ns = 0;               // the PID namespace of all threads that ever left a mark; all ones: there are several
  u32 wakeups = 0;              // futex: counts what sleepers are woken for
  u32 sleepers = 0;             // 1: somebody may be asleep on it
  u32 reserves = 0;             // ring buffer: since the map was made
  alignas(64) Stripe stripe;
};
static_assert(sizeof(ConsumerPage) <= kPageSize && sizeof(ProducerPage) <= kPageSize);

class Ring {
 public:
  explicit Ring(Map& map) : map_(map), size_(map.meta().max_entries) {}

  static Geometry layout(const MapMeta& meta, u32 cpus);

  u64 size() const { return size_; }  // of the data, in bytes
  u64 mask() const { return size_ - 1; }
  ConsumerPage& consumer() const { return *map_.part<ConsumerPage>(0); }
  ProducerPage& producer() const { return *map_.part<ProducerPage>(kPageSize); }
  u8* data() const { return map_.data() + map_.geometry().values; }
  // `position` is a multiple of 8.
  RingHeader& header(u64 position) const { return *reinterpret_cast<RingHeader*>(data() + (position & mask())); }
  // Bytes from one record to the next, given its length word.
  static u64 step(u32 length) { return round_up((length & ~(kRingBusy | kRingDiscard)) + u64(kRingHeader), 8); }

  // 32 bits that stand for the calling thread: its TID, which has 22 bits, and 10 of its start time.
  u32 own_mark() const { return own_mark(calling_thread()); }
  u32 own_mark(const ThreadName& self) const {
    if (load_relaxed(producer().pid_ns) != self.pid_ns) note_namespace(self);
    return mark_of(self.tid, self.start);
  }
  // The thread of this mark is gone. Only ever true if its TID means something in our PID namespace.
  bool is_dead(u32 mark) const;

  // Wakes whoever sleeps.
  void wake() const;
  u32 wakeups() const { return __atomic_load_n(&producer().wakeups, __ATOMIC_SEQ_CST); }
  // Says that somebody is about to sleep; what he waits for is to be looked at once more between this and sleep().
  // (Where those who wake only have a light_fence(), behind a heavy_fence().)
  void announce() const { __atomic_store_n(&producer().sleepers, 1, __ATOMIC_SEQ_CST); }
  // Sleeps until wake() has been called since wakeups() was `seen`, or this many milliseconds. EINTR ends it too.
  int sleep(u32 seen, u32 milliseconds) const;

 private:
  static constexpr u32 kTidBits = 22;  // PID_MAX_LIMIT is 1 << 22
  static constexpr u32 kTidMask = (1u << kTidBits) - 1;
  static u32 mark_of(u32 tid, u64 start) { return (tid & kTidMask) | u32(start << kTidBits); }
  void note_namespace(const ThreadName& self) const;

  Map& map_;
  u64 size_;
};

// The longest sleep without a look around, in milliseconds: a process killed just before it would have woken us cannot
// do it any more. A shorter one where there is no heavy_fence().
inline constexpr u32 kRingPatience = 50, kShortPatience = 1;

}  // namespace skep::map
