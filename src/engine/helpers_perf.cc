// Helpers on perf events. The kernel's event buffers cannot be written from outside; what a program puts out goes to
// the machine's listener (MachineConfig::perf).
#include <cerrno>

#include "engine/bodies.h"
#include "map/word_array.h"

namespace skep::engine {
namespace {

constexpr u64 kIndexMask = 0xffffffff;         // BPF_F_INDEX_MASK
constexpr u64 kCurrentCpu = kIndexMask;        // BPF_F_CURRENT_CPU
constexpr u64 kPacketMask = 0xfffffull << 32;  // BPF_F_CTXLEN_MASK: bytes of the packet that go along
constexpr u64 kCounterBytes = 24;              // UAPI struct bpf_perf_event_value

// 0, or what Linux says of the array's element that `flags` choose.
int find_event(const MapHandle& events, u64 flags, const Run& run, u32& index) {
  index = (flags & kIndexMask) == kCurrentCpu ? run.cpu : u32(flags & kIndexMask);
  if (index >= events.map().meta().max_entries) return -E2BIG;
  const map::ConstBytes key(reinterpret_cast<const u8*>(&index), sizeof(index));
  return events.ops().lookup_ptr(events.map(), key, 0) ? 0 : -ENOENT;
}

u64 output(Run& run, u64 map, u64 flags, u64 data, u64 size) {
  const MapHandle& events = MapHandle::of(map);
  u32 index = 0;
  const int err = find_event(events, flags, run, index);
  const auto& listener = run.machine.config().perf;
  if (err == -E2BIG || (err != 0 && !listener)) return u64(s64(err));
  if (listener) listener(events.id(), index, {reinterpret_cast<const u8*>(data), size});
  return 0;
}

u64 perf_event_output(u64, u64 map, u64 flags, u64 data, u64 size, Run& run) {
  return flags & ~kIndexMask ? u64(-EINVAL) : output(run, map, flags, data, size);
}

// With the start of a packet: only the program's own bytes reach the listener.
u64 packet_output(u64, u64 map, u64 flags, u64 data, u64 size, Run& run) {
  return flags & ~(kIndexMask | kPacketMask) ? u64(-EINVAL) : output(run, map, flags, data, size);
}

// Counters are the running kernel's.
u64 perf_event_read(u64 map, u64 flags, u64, u64, u64, Run& run) {
  u32 index = 0;
  if (flags & ~kIndexMask) return u64(-EINVAL);
  const int err = find_event(MapHandle::of(map), flags, run, index);
  return u64(s64(err != 0 ? err : -EOPNOTSUPP));
}

u64 perf_event_read_value(u64 map, u64 flags, u64 to, u64 size, u64, Run& run) {
  const u64 result = u32(size) == kCounterBytes ? perf_event_read(map, flags, 0, 0, 0, run) : u64(-EINVAL);
  std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  return result;
}

constexpr HelperBody kBodies[] = {{22, perf_event_read},
                                  {25, perf_event_output},
                                  {55, perf_event_read_value},
                                  {111, packet_output},
                                  {121, packet_output}};

}  // namespace

std::span<const HelperBody> perf_helpers() { return kBodies; }

}  // namespace skep::engine
