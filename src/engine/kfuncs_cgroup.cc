// Cgroups: bpf_cgroup_acquire() and its like.
#include <sys/xattr.h>

#include <cerrno>
#include <string_view>

#include "engine/bodies.h"
#include "engine/dynptr.h"
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

// Of a cgroup's folder; only those that users set.
u64 cgroup_read_xattr(u64 cgroup, u64 name, u64 value, u64, u64, Run& run) {
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const from = objects.heap().find(cgroup, HeapKind::Cgroup);
  const char* const attribute = reinterpret_cast<const char*>(name);
  const Dynptr& to = Dynptr::at(value);
  if (!std::string_view(attribute).starts_with("user.")) return u64(-EPERM);
  u8* const place = to.is_null() || to.is_rdonly() ? nullptr : dynptr_slice_of(to, 0, to.size());
  if (!place) return u64(-EINVAL);
  const std::string folder = from ? objects.cgroup_folder(*from) : std::string();
  const ssize_t length = folder.empty() ? -1 : getxattr(folder.c_str(), attribute, place, to.size());
  return length >= 0 ? u64(length) : folder.empty() ? u64(-ENODATA) : u64(-s64(errno));
}

constexpr KfuncBody kKfuncs[] = {{"bpf_cgroup_acquire", cgroup_acquire},
                                 {"bpf_cgroup_release", cgroup_release},
                                 {"bpf_cgroup_from_id", cgroup_from_id},
                                 {"bpf_cgroup_ancestor", cgroup_ancestor},
                                 {"bpf_cgroup_read_xattr", cgroup_read_xattr}};

}  // namespace

std::span<const KfuncBody> cgroup_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
