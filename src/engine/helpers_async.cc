// Timers, work queues and task work in map values (async.h).
#include <cerrno>
#include <ctime>

#include "engine/async.h"
#include "engine/bodies.h"

namespace skep::engine {
namespace {

constexpr u64 kClockMask = 15;                    // of bpf_timer_init()'s flags
constexpr u64 kAbsolute = 1, kStayOnThisCpu = 2;  // BPF_F_TIMER_ABS, BPF_F_TIMER_CPU_PIN

u64 result(int error) { return u64(s64(error)); }

// The value of the map that a field at `address` is part of.
u64 value_around(const MapHandle& map, u64 address, btf::Field type) {
  for (const btf::RecordField& field : map.map().meta().record->fields)
    if (field.type == type) return address - field.offset;
  return address;
}

const Function& function_at(u64 address) { return *reinterpret_cast<const Function*>(address); }

u64 timer_init(u64 timer, u64 map, u64 flags, u64, u64, Run& run) {
  const u64 clock = flags & kClockMask;
  if (flags & ~kClockMask) return u64(-EINVAL);
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME) return u64(-EINVAL);
  MapHandle& handle = MapHandle::of(map);
  return result(run.machine.async().init(timer, int(clock), handle, value_around(handle, timer, btf::Field::Timer)));
}

u64 timer_set_callback(u64 timer, u64 callback, u64, u64, u64, Run& run) {
  return result(run.machine.async().set_callback(timer, function_at(callback)));
}

u64 timer_start(u64 timer, u64 ns, u64 flags, u64, u64, Run& run) {
  if (flags & ~(kAbsolute | kStayOnThisCpu)) return u64(-EINVAL);
  return result(run.machine.async().start(timer, ns, flags & kAbsolute));
}

u64 timer_cancel(u64 timer, u64, u64, u64, u64, Run& run) { return result(run.machine.async().cancel(timer)); }

u64 wq_init(u64 wq, u64 map, u64 flags, u64, u64, Run& run) {
  if (u32(flags) != 0) return u64(-EINVAL);
  MapHandle& handle = MapHandle::of(map);
  return result(run.machine.async().init(wq, CLOCK_MONOTONIC, handle, value_around(handle, wq, btf::Field::Workqueue)));
}

u64 wq_set_callback(u64 wq, u64 callback, u64 flags, u64, u64, Run& run) {
  return u32(flags) != 0 ? u64(-EINVAL) : timer_set_callback(wq, callback, 0, 0, 0, run);
}

u64 wq_start(u64 wq, u64 flags, u64, u64, u64, Run& run) {
  return u32(flags) != 0 ? u64(-EINVAL) : result(run.machine.async().start(wq, 0, false));
}

// Not in the task itself, which is no thread of ours to interrupt: the machine's thread calls the function.
u64 task_work_schedule(u64, u64 work, u64 map, u64 callback, u64, Run& run) {
  MapHandle& handle = MapHandle::of(map);
  const u64 value = value_around(handle, work, btf::Field::TaskWork);
  return result(run.machine.async().schedule_once(work, function_at(callback), handle, value));
}

constexpr HelperBody kHelpers[] = {
    {169, timer_init}, {170, timer_set_callback}, {171, timer_start}, {172, timer_cancel}};

constexpr KfuncBody kKfuncs[] = {{"bpf_wq_init", wq_init},
                                 {"bpf_wq_set_callback_impl", wq_set_callback},
                                 {"bpf_wq_start", wq_start},
                                 {"bpf_task_work_schedule_signal_impl", task_work_schedule},
                                 {"bpf_task_work_schedule_resume_impl", task_work_schedule}};

}  // namespace

std::span<const HelperBody> async_helpers() { return kHelpers; }
std::span<const KfuncBody> async_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
