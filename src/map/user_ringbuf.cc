// User ring buffer. Bytes: ring.h. No element operations: ENOTSUPP.
//
//   drain  drainer: 0 -> own mark · for each record: sample to the program, consumer position += step ◆ · drainer = 0
//
// One thread drains at a time, and not under the map's lock: the program that gets the samples may use other maps. A
// drainer that was killed is found out by its mark; the sample it was at is given out once more, for ◆ comes after the
// program is done with it.
//
// Everything that producers write is hostile: it is read once, checked, and what was checked is used.
#include "map/user_ringbuf.h"

#include <cerrno>

#include "map/types.h"

namespace skep::map {
namespace {

inline constexpr u32 kMaxSamples = 128 * 1024;  // BPF_MAX_USER_RINGBUF_SAMPLES

struct Peek {
  int error = 0;  // -ENODATA: nothing there, or not committed yet
  bool discard = false;
  u64 step = 0;
  ConstBytes sample;
};

Peek peek(const Ring& ring, u64 at) {
  const u64 end = load_acquire(ring.producer().position);
  if (end % 8) return {.error = -EINVAL};
  if (at >= end) return {.error = -ENODATA};
  RingHeader& header = ring.header(at);
  const u32 length = load_acquire(header.length);
  const u64 step = Ring::step(length);
  if (step > end - at) return {.error = -EINVAL};
  if (step > ring.size()) return {.error = -E2BIG};
  if (length & kRingBusy) return {.error = -ENODATA};
  if (length & kRingDiscard) return {.discard = true, .step = step};
  return {.step = step, .sample = {reinterpret_cast<u8*>(&header) + kRingHeader, length}};
}

// False: another thread that lives drains.
bool start_draining(const Ring& ring) {
  u32& drainer = ring.consumer().drainer;
  const u32 mark = ring.own_mark();
  u32 holder = 0;
  if (__atomic_compare_exchange_n(&drainer, &holder, mark, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) return true;
  return holder != mark && ring.is_dead(holder) &&
         __atomic_compare_exchange_n(&drainer, &holder, mark, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

}  // namespace

s64 user_ringbuf_drain(Map& map, long (*each)(void* context, ConstBytes sample), void* context, u64 flags) {
  if (flags & ~u64(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) return -EINVAL;
  const Ring ring(map);
  if (!start_draining(ring)) return -EBUSY;
  s64 samples = 0;
  int error = 0;
  bool freed = false;
  for (u32 i = 0; i < kMaxSamples; ++i) {
    const u64 at = load_relaxed(ring.consumer().position) & ~u64(7);
    const Peek next = peek(ring, at);
    if (next.error != 0) {
      error = next.error == -ENODATA ? 0 : next.error;
      break;
    }
    const bool stop = !next.discard && each(context, next.sample) != 0;
    store_release(ring.consumer().position, at + next.step);
    freed = true;
    samples += !next.discard;
    if (stop) break;
  }
  store_release(ring.consumer().drainer, u32(0));
  if ((flags & BPF_RB_FORCE_WAKEUP) || (freed && !(flags & BPF_RB_NO_WAKEUP))) ring.wake();
  return error != 0 ? error : samples;
}

u32 user_ringbuf_drains(Map& map) { return Ring(map).wakeups(); }

int user_ringbuf_wait(Map& map, u32 seen, int timeout_ms) {
  const Ring ring(map);
  ring.announce();
  for (int left = timeout_ms; seen == ring.wakeups();) {
    if (left == 0) return 0;
    const u32 step = left < 0 || u32(left) > kRingPatience ? kRingPatience : u32(left);
    if (const int err = ring.sleep(seen, step)) return err;
    if (left > 0) left -= int(step);
    ring.announce();
  }
  return 1;
}

const MapOps kUserRingbufOps = {.layout = Ring::layout};

}  // namespace skep::map
