// Ring buffer. Bytes: ring.h. No element operations: ENOTSUPP.
//
//   reserve  lock · owner = own mark · length | BUSY · producer position += step ◆ · unlock
//   submit   length without BUSY ◆ · wake the consumer if it waits for this record
//   discard  length without BUSY, with DISCARD ◆ · as above
//   output   of few bytes: lock · owner · sample · length · producer position += step ◆ · unlock · as above
//
// Until the first ◆ a record is behind the producer position: nobody sees it, the next one is written over it. After it
// the record is its thread's, without any lock. If that thread dies now, its BUSY would stop every consumer there for
// good. So whoever finds a record BUSY for long - a producer without room, every 256th reserve, a consumer who waits -
// asks whether the marked thread still lives (a mark is TID and part of the start time), and makes a dead one's record
// a discard. Of the living nobody else touches it, so submit is a plain store. `pending` moves over committed records
// under the lock; it is derived from the records, and a stale one only says that there is less room than there is.
//
// A consumer about to sleep has a heavy fence between saying so and its last look, so that a producer needs only a
// light one between its ◆ and the question whether somebody waits (shm/fence.h).
//
// The consumer position is anybody's to write. It decides about room together with `pending`: with positions as they
// come, new - consumer and new - pending must both fit, so a lie can only make the ring full or lose records that are
// committed already, never let two threads have the same bytes (CVE-2024-41009).
#include "map/ringbuf.h"

#include <cerrno>
#include <ctime>

#include "map/shm/fence.h"
#include "map/shm/self.h"
#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u64 kMaxSample = 0xffffffff / 4;  // bytes: two bits of the length are taken
inline constexpr u32 kLookEvery = 256;             // reserves
// Bytes of a sample that are copied under the lock.
inline constexpr u64 kCopiedLocked = 256;

// Ends a record of a dead thread. False: somebody else did.
bool give_up(RingHeader& header, u32 length) {
  return __atomic_compare_exchange_n(&header.length, &length, (length & ~kRingBusy) | kRingDiscard, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

u64 produced(const Ring& ring) { return load_acquire(ring.producer().position) & ~u64(7); }

// Under the lock: moves `pending` over all records that are done, with `reap` also over those of dead threads. Other
// processes can write to `pending`: what makes no sense is taken for the producer's position.
u64 advance_pending(const Ring& ring, u64 end, bool reap) {
  u64 at = load_relaxed(ring.producer().pending);
  if (end - at > ring.size() || at % 8) at = end;
  while (at != end) {
    RingHeader& header = ring.header(at);
    u32 length = load_acquire(header.length);
    if (length & kRingBusy) {
      if (!reap || !ring.is_dead(load_relaxed(header.owner))) break;
      if (give_up(header, length)) ring.wake();
    }
    if (Ring::step(length) > end - at) return at;  // no record of ours: the ring stays full
    at += Ring::step(length);
  }
  store_relaxed(ring.producer().pending, at);
  return at;
}

bool has_room(const Ring& ring, u64 pending, u64 next) {
  return next - load_acquire(ring.consumer().position) <= ring.mask() && next - pending <= ring.mask();
}

// Under the lock.
bool make_room(const Ring& ring, u64 at, u64 next) {
  ProducerPage& page = ring.producer();
  const u32 count = load_relaxed(page.reserves) + 1;
  store_relaxed(page.reserves, count);
  return has_room(ring, advance_pending(ring, at, count % kLookEvery == 0), next) ||
         has_room(ring, advance_pending(ring, at, true), next);
}

bool fits(const Ring& ring, u64 size) { return size <= kMaxSample && Ring::step(u32(size)) <= ring.size(); }

// A record whose length word is `size` and `bits` once `fill` has written the sample. Null: no room.
template <typename F>
u8* put(const Ring& ring, u32 size, u32 bits, ThreadSelf& self, F&& fill) {
  ProducerPage& page = ring.producer();
  const u32 mark = ring.own_mark(self.name);
  if (lock_stripe(page.stripe, self) == Locked::Busy) return nullptr;
  const u64 at = produced(ring), next = at + Ring::step(size);
  u8* sample = nullptr;
  if (make_room(ring, at, next)) {
    RingHeader& header = ring.header(at);
    sample = reinterpret_cast<u8*>(&header) + kRingHeader;
    fill(sample);
    store_relaxed(header.owner, mark);
    store_relaxed(header.length, size | bits);
    store_release(page.position, next);
    if (bits == 0 && load_relaxed(page.pending) == at) store_relaxed(page.pending, next);
  }
  unlock_stripe(page.stripe, self);
  return sample;
}

u8* reserve(const Ring& ring, u64 size, ThreadSelf& self) {
  return fits(ring, size) ? put(ring, u32(size), kRingBusy, self, [](u8*) {}) : nullptr;
}

// After a record was done.
void wake_who_waits(const Ring& ring, const u8* sample, u64 flags, const ThreadName& self) {
  const u64 offset = u64(sample - kRingHeader - ring.data());
  light_fence(self);
  const u64 consumer = load_relaxed(ring.consumer().position) & ring.mask();
  if ((flags & BPF_RB_FORCE_WAKEUP) || (consumer == offset && !(flags & BPF_RB_NO_WAKEUP))) ring.wake();
}

void finish(const Ring& ring, u8* sample, u32 bits, u64 flags, const ThreadName& self) {
  auto& header = *reinterpret_cast<RingHeader*>(sample - kRingHeader);
  const u32 length = load_relaxed(header.length);
  if (load_relaxed(header.owner) != ring.own_mark(self) || !(length & kRingBusy)) return;
  store_release(header.length, (length & ~kRingBusy) | bits);
  wake_who_waits(ring, sample, flags, self);
}

// The consumer has something to read.
bool is_ready(const Ring& ring) {
  const u64 at = __atomic_load_n(&ring.consumer().position, __ATOMIC_SEQ_CST) & ~u64(7);
  const u64 end = produced(ring);
  return at != end && end - at <= ring.size() &&
         !(__atomic_load_n(&ring.header(at).length, __ATOMIC_SEQ_CST) & kRingBusy);
}

void reap(Map& map, const Ring& ring) {
  Writer lock(map, 0);
  if (!lock.ok()) return;
  advance_pending(ring, produced(ring), true);
  lock.release();
}

s64 now_ms() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return s64(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

u8* ringbuf_reserve(Map& map, u64 size, u64 flags) {
  return flags == 0 ? reserve(Ring(map), size, current_thread()) : nullptr;
}

void ringbuf_submit(Map& map, u8* sample, u64 flags) { finish(Ring(map), sample, 0, flags, current_thread().name); }

void ringbuf_discard(Map& map, u8* sample, u64 flags) {
  finish(Ring(map), sample, kRingDiscard, flags, current_thread().name);
}

int ringbuf_output(Map& map, ConstBytes sample, u64 flags) {
  if (flags & ~u64(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) return -EINVAL;
  const Ring ring(map);
  ThreadSelf& self = current_thread();
  const auto fill = [&](u8* shared) { copy_to_shared(shared, sample.data(), sample.size()); };
  if (sample.size() <= kCopiedLocked && fits(ring, sample.size())) {
    u8* const at = put(ring, u32(sample.size()), 0, self, fill);
    if (at != nullptr) wake_who_waits(ring, at, flags, self.name);
    return at != nullptr ? 0 : -EAGAIN;
  }
  u8* const at = reserve(ring, sample.size(), self);
  if (at == nullptr) return -EAGAIN;
  fill(at);
  finish(ring, at, 0, flags, self.name);
  return 0;
}

u64 ringbuf_query(Map& map, u64 what) {
  const Ring ring(map);
  const u64 consumer = load_acquire(ring.consumer().position), producer = load_acquire(ring.producer().position);
  switch (what) {
    case BPF_RB_AVAIL_DATA: return producer - consumer;
    case BPF_RB_RING_SIZE: return ring.size();
    case BPF_RB_CONS_POS: return consumer;
    case BPF_RB_PROD_POS: return producer;
    default: return 0;
  }
}

int ringbuf_wait(Map& map, int timeout_ms) {
  const Ring ring(map);
  const s64 end = now_ms() + timeout_ms;
  for (;;) {
    if (is_ready(ring)) return 1;
    const u32 seen = ring.wakeups();
    ring.announce();
    const s64 patience = heavy_fence() ? kRingPatience : kShortPatience;
    if (is_ready(ring)) return 1;
    const s64 left = timeout_ms < 0 ? patience : end - now_ms();
    if (left <= 0) return 0;
    if (const int err = ring.sleep(seen, u32(left < patience ? left : patience))) return err;
    if (seen == ring.wakeups()) reap(map, ring);
  }
}

const MapOps kRingbufOps = {.layout = Ring::layout};

}  // namespace skep::map
