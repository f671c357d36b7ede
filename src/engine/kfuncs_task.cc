// Tasks: bpf_task_acquire() and its like, and the current task.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"
#include "map/shm/thread.h"

namespace skep::engine {
namespace {

u64 task_acquire(u64 task, u64, u64, u64, u64, Run& run) { return take_again(run, task, HeapKind::Task); }
u64 task_release(u64 task, u64, u64, u64, u64, Run& run) { return give_back(run, task); }

// In a process all PIDs are those of its own PID namespace.
u64 task_from_pid(u64 pid, u64, u64, u64, u64, Run& run) {
  return hand_out(run, run.machine.kernel_objects().task(u32(pid)));
}

u64 task_under_cgroup(u64 task, u64 ancestor, u64, u64, u64, Run& run) {
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const who = objects.heap().find(task, HeapKind::Task);
  HeapObject* const top = objects.heap().find(ancestor, HeapKind::Cgroup);
  if (!who || !top) return 0;
  for (HeapObject* at = objects.owned(*who, kTaskCgroup); at; at = objects.owned(*at, kCgroupParent))
    if (at == top) return 1;
  return 0;
}

u64 task_get_cgroup1(u64 task, u64 hierarchy, u64, u64, u64, Run& run) {
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const who = objects.heap().find(task, HeapKind::Task);
  if (!who || s32(hierarchy) <= 0) return 0;
  const auto path = read_cgroup_path(KernelObjects::task_tid(*who), u32(hierarchy));
  return path ? hand_out(run, objects.cgroup_at(u32(hierarchy), *path)) : 0;
}

// No reference: the run keeps it.
u64 get_current_task(u64, u64, u64, u64, u64, Run& run) {
  return lend(run, run.machine.kernel_objects().task(map::calling_thread().tid));
}

constexpr KfuncBody kKfuncs[] = {
    {"bpf_task_acquire", task_acquire},           {"bpf_task_release", task_release},
    {"bpf_task_from_pid", task_from_pid},         {"bpf_task_from_vpid", task_from_pid},
    {"bpf_task_under_cgroup", task_under_cgroup}, {"bpf_task_get_cgroup1", task_get_cgroup1},
};

constexpr HelperBody kHelpers[] = {{35, get_current_task}, {158, get_current_task}};

}  // namespace

std::span<const KfuncBody> task_kfuncs() { return kKfuncs; }
std::span<const HelperBody> current_task_helpers() { return kHelpers; }

}  // namespace skep::engine
