// Kfuncs about where a program is: RCU and preemption sections, which a process has no need of, exceptions,
// and pointers that only change their type.
#include "engine/bodies.h"

namespace skep::engine {
namespace {

u64 nothing(u64, u64, u64, u64, u64, Run&) { return 0; }

u64 bpf_throw(u64 cookie, u64, u64, u64, u64, Run& run) {
  run.cookie = cookie;
  stop_run(run, Stop::Throw);
}

u64 rdonly_cast(u64 object, u64, u64, u64, u64, Run&) { return object; }

constexpr KfuncBody kBodies[] = {
    {"bpf_rdonly_cast", rdonly_cast}, {"bpf_get_kmem_cache", nothing},  {"bpf_rcu_read_lock", nothing},
    {"bpf_rcu_read_unlock", nothing}, {"bpf_preempt_disable", nothing}, {"bpf_preempt_enable", nothing},
    {"bpf_throw", bpf_throw},
};

}  // namespace

std::span<const KfuncBody> section_kfuncs() { return kBodies; }

}  // namespace skep::engine
