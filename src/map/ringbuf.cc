// Ring buffer. Bytes: ring.h. No element operations: ENOTSUPP.
//
//   reserve  lock · owner = own mark · length | BUSY · producer position += step ◆ · unlock
//   submit   length without BUSY ◆ · wake the consumer if it waits for this record
//   discard  length without BUSY, with DISCARD ◆ · as above
//
// Until the first ◆ a record is behind the producer position: nobody sees it, the next one is written over it. After it
// the record is its thread's, without any lock. If that thread dies now, its BUSY would stop every consumer there for
// good. So whoever finds a record BUSY for long - a producer without room, every 256th reserve, a consumer who waits -
// asks whether the marked thread still lives (a mark is TID and part of the start time), and makes a dead one's record
// a discard, by the same compare-and-swap as submit does. `pending` moves over committed records under the lock; it is
// derived from the records, and a stale one only says that there is less room than there is.
//
// The consumer position is anybody's to write. It decides about room together with `pending`: with positions as they
// come, new - consumer and new - pending must both fit, so a lie can only make the ring full or lose records that are
// committed already, never let two threads have the same bytes (CVE-2024-41009).
#include "map/ringbuf.h"

#include <cerrno>
#include <ctime>

#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u64 kMaxSample = 0xffffffff / 4;  // bytes: two bits of the length are taken
inline constexpr u32 kLookEvery = 256;             // reserves

// Ends a record. False: it was not BUSY.
bool commit(RingHeader& header, u32 bits) {
  u32 length = load_relaxed(header.length);
  do {
    if (!(length & kRingBusy)) return false;
  } while (!__atomic_compare_exchange_n(&header.length, &length, (length & ~kRingBusy) | bits, false, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
  return true;
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
      if (commit(header, kRingDiscard)) ring.wake();
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

u8* reserve_locked(const Ring& ring, u32 size, u32 mark) {
  ProducerPage& page = ring.producer();
  const u64 at = produced(ring), next = at + Ring::step(size);
  const u32 count = load_relaxed(page.reserves) + 1;
  store_relaxed(page.reserves, count);
  if (!has_room(ring, advance_pending(ring, at, count % kLookEvery == 0), next) &&
      !has_room(ring, advance_pending(ring, at, true), next))
    return nullptr;
  RingHeader& header = ring.header(at);
  store_relaxed(header.owner, mark);
  store_relaxed(header.length, size | kRingBusy);
  store_release(page.position, next);
  return reinterpret_cast<u8*>(&header) + kRingHeader;
}

u8* reserve(Map& map, const Ring& ring, u64 size, u32 mark) {
  if (size > kMaxSample || Ring::step(u32(size)) > ring.size()) return nullptr;
  Writer lock(map, 0);
  if (!lock.ok()) return nullptr;
  u8* const sample = reserve_locked(ring, u32(size), mark);
  lock.release();
  return sample;
}

void finish(const Ring& ring, u8* sample, u32 bits, u64 flags, u32 mark) {
  auto& header = *reinterpret_cast<RingHeader*>(sample - kRingHeader);
  if (load_relaxed(header.owner) != mark || !commit(header, bits)) return;
  const u64 offset = u64(sample - kRingHeader - ring.data());
  const u64 consumer = __atomic_load_n(&ring.consumer().position, __ATOMIC_SEQ_CST) & ring.mask();
  if ((flags & BPF_RB_FORCE_WAKEUP) || (consumer == offset && !(flags & BPF_RB_NO_WAKEUP))) ring.wake();
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
  const Ring ring(map);
  return flags == 0 ? reserve(map, ring, size, ring.own_mark()) : nullptr;
}

void ringbuf_submit(Map& map, u8* sample, u64 flags) {
  const Ring ring(map);
  finish(ring, sample, 0, flags, ring.own_mark());
}

void ringbuf_discard(Map& map, u8* sample, u64 flags) {
  const Ring ring(map);
  finish(ring, sample, kRingDiscard, flags, ring.own_mark());
}

int ringbuf_output(Map& map, ConstBytes sample, u64 flags) {
  if (flags & ~u64(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) return -EINVAL;
  const Ring ring(map);
  const u32 mark = ring.own_mark();
  u8* const at = reserve(map, ring, sample.size(), mark);
  if (at == nullptr) return -EAGAIN;
  copy_to_shared(at, sample.data(), sample.size());
  finish(ring, at, 0, flags, mark);
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
    const u32 seen = ring.wakeups();
    ring.announce();
    if (is_ready(ring)) return 1;
    const s64 left = timeout_ms < 0 ? s64(kRingPatience) : end - now_ms();
    if (left <= 0) return 0;
    if (const int err = ring.sleep(seen, u32(left < kRingPatience ? left : kRingPatience))) return err;
    if (seen == ring.wakeups()) reap(map, ring);
  }
}

const MapOps kRingbufOps = {.layout = Ring::layout};

}  // namespace skep::map
