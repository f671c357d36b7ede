// Cgroups: bpf_cgroup_acquire() and its like.
#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"

namespace skep::engine {
namespace {

u64 cgroup_acquire(u64 cgroup, u64, u64, u64, u64, Run& run) { return take_again(run, cgroup, HeapKind::Cgroup); }
u64 cgroup_release(u64 cgroup, u64, u64, u64, u64, Run& run) { return give_back(run, cgroup); }

u64 cgroup_from_id(u64 id, u64, u64, u64, u64, Run& run) {
  return hand_out(run, run.machine.kernel_objects().cgroup_by_id(id));
}

u64 cgroup_ancestor(u64 cgroup, u64 level, u64, u64, u64, Run& run) {
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const from = objects.heap().find(cgroup, HeapKind::Cgroup);
  return from ? hand_out(run, objects.cgroup_ancestor(*from, s32(level))) : 0;
}

constexpr KfuncBody kKfuncs[] = {{"bpf_cgroup_acquire", cgroup_acquire},
                                 {"bpf_cgroup_release", cgroup_release},
                                 {"bpf_cgroup_from_id", cgroup_from_id},
                                 {"bpf_cgroup_ancestor", cgroup_ancestor}};

}  // namespace

std::span<const KfuncBody> cgroup_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
