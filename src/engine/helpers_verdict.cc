// Helpers of programs that decide about sockets, messages and system calls. Nothing is sent or changed here: they give
// what the program has to return, and what it would be told.
#include <cerrno>

#include "engine/bodies.h"
#include "engine/kobj/hand_out.h"
#include "map/shm/thread.h"
#include "map/socket_table.h"

namespace skep::engine {
namespace {

constexpr u64 kDrop = 0, kPass = 1;  // SK_DROP, SK_PASS
constexpr u64 kIngress = 1;          // BPF_F_INGRESS
constexpr u64 kRootCgroup = 1;       // whose the socket of a test run is

u64 result(int error) { return u64(s64(error)); }

// --- redirects ----------------------------------------------------------------------------------------------------

// SK_PASS if there is a socket at this key.
u64 redirect(u64 map, map::ConstBytes key, u64 flags) {
  map::Owner socket;
  if (flags & ~kIngress) return kDrop;
  return map::find_socket(MapHandle::of(map).map(), key, socket) == 0 ? kPass : kDrop;
}

u64 redirect_map(u64, u64 map, u64 index, u64 flags, u64, Run&) {
  const u32 key = u32(index);
  return redirect(map, {reinterpret_cast<const u8*>(&key), sizeof(key)}, flags);
}

u64 redirect_hash(u64, u64 map, u64 key, u64 flags, u64, Run&) {
  return redirect(map, {reinterpret_cast<const u8*>(key), MapHandle::of(map).key_size()}, flags);
}

// bpf_msg_apply_bytes(), bpf_msg_cork_bytes(): about data to come, of which there is none.
u64 noted(u64, u64, u64, u64, u64, Run&) { return 0; }

// bpf_sk_assign(). A packet has its socket already when a test run shows it to a program; of a look-up the only socket
// that can be chosen is none.
u64 sk_assign(u64, u64 socket, u64 flags, u64, u64, Run& run) {
  constexpr u64 kLookupFlags = 3;  // BPF_SK_LOOKUP_F_REPLACE, BPF_SK_LOOKUP_F_NO_REUSEPORT
  const bool lookup = run.code->facts->kind.prog_type == BPF_PROG_TYPE_SK_LOOKUP;
  if (flags & ~(lookup ? kLookupFlags : 0)) return result(-EINVAL);
  return lookup && socket == 0 ? 0 : result(-EOPNOTSUPP);
}

// --- cgroups ------------------------------------------------------------------------------------------------------

// The cgroup at this index, as its folder's inode; what a test is told if there is none.
int cgroup_at(u64 map, u64 index, u32& inode) {
  const MapHandle& handle = MapHandle::of(map);
  const u32 key = u32(index);
  if (key >= handle.map().meta().max_entries) return -E2BIG;
  const u8* const place = handle.ops().lookup_ptr(handle.map(), {reinterpret_cast<const u8*>(&key), sizeof(key)}, 0);
  inode = place ? __atomic_load_n(reinterpret_cast<const u32*>(place), __ATOMIC_ACQUIRE) : 0;
  return inode ? 0 : -EAGAIN;
}

u64 current_task_under_cgroup(u64 map, u64 index, u64, u64, u64, Run& run) {
  u32 inode = 0;
  if (const int err = cgroup_at(map, index, inode)) return result(err);
  KernelObjects& objects = run.machine.kernel_objects();
  HeapObject* const task = objects.task(map::calling_thread().tid);
  if (!lend(run, task)) return 0;
  for (HeapObject* at = objects.owned(*task, kTaskCgroup); at; at = objects.owned(*at, kCgroupParent))
    if (u32(KernelObjects::cgroup_id(*at)) == inode) return 1;
  return 0;
}

u64 skb_under_cgroup(u64, u64 map, u64 index, u64, u64, Run&) {
  u32 inode = 0;
  if (const int err = cgroup_at(map, index, inode)) return result(err);
  return inode == kRootCgroup;
}

// --- the system call's result ---------------------------------------------------------------------------------------

u64 get_retval(u64, u64, u64, u64, u64, Run& run) { return result(run.hook_retval); }

u64 set_retval(u64 value, u64, u64, u64, u64, Run& run) {
  run.hook_retval = s32(value);
  return 0;
}

// No branches are recorded, as in a virtual machine.
u64 get_branch_snapshot(u64, u64, u64 flags, u64, u64, Run&) { return result(flags ? -EINVAL : -ENOENT); }

constexpr HelperBody kBodies[] = {
    {33, skb_under_cgroup},
    {37, current_task_under_cgroup},
    {52, redirect_map},   // sk_redirect_map
    {60, redirect_map},   // msg_redirect_map
    {61, noted},          // msg_apply_bytes
    {62, noted},          // msg_cork_bytes
    {71, redirect_hash},  // msg_redirect_hash
    {72, redirect_hash},  // sk_redirect_hash
    {124, sk_assign},
    {176, get_branch_snapshot},
    {186, get_retval},
    {187, set_retval},
};

}  // namespace

std::span<const HelperBody> verdict_helpers() { return kBodies; }

}  // namespace skep::engine
