// Helpers about the current task: the thread that runs the program.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "engine/bodies.h"
#include "engine/self.h"

namespace skep::engine {
namespace {

constexpr u64 kHz = 250;  // CONFIG_HZ of the reference kernel
constexpr u64 kNsPerTick = 1'000'000'000 / kHz;
constexpr u64 kFirstJiffies = u32(-300 * s32(kHz));  // Linux starts to count five minutes before an overflow

struct PidNsInfo {  // UAPI struct bpf_pidns_info
  u32 pid, tgid;
};

u64 ids(u32 high, u32 low) { return u64(high) << 32 | low; }

u64 get_current_pid_tgid(u64, u64, u64, u64, u64, Run&) { return ids(u32(getpid()), u32(gettid())); }
u64 get_current_uid_gid(u64, u64, u64, u64, u64, Run&) { return ids(getgid(), getuid()); }

u64 get_current_comm(u64 to, u64 size, u64, u64, u64, Run&) {
  char comm[16] = {};
  prctl(PR_GET_NAME, comm);
  char* const out = reinterpret_cast<char*>(to);
  const size_t length = std::min(strnlen(comm, sizeof(comm)), size_t(u32(size)) - 1);
  std::memset(out, 0, u32(size));
  std::memcpy(out, comm, length);
  return 0;
}

u64 jiffies64(u64, u64, u64, u64, u64, Run& run) {
  return kFirstJiffies + run.machine.clock_ns(CLOCK_MONOTONIC) / kNsPerTick;
}

u64 get_ns_current_pid_tgid(u64 device, u64 inode, u64 to, u64 size, u64, Run&) {
  struct stat ns;
  const bool is_ours = stat("/proc/self/ns/pid", &ns) == 0 && ns.st_ino == inode && ns.st_dev == device;
  PidNsInfo info = {u32(gettid()), u32(getpid())};
  if (is_ours && u32(size) == sizeof(info)) {
    std::memcpy(reinterpret_cast<void*>(to), &info, sizeof(info));
    return 0;
  }
  std::memset(reinterpret_cast<void*>(to), 0, u32(size));
  return u64(-EINVAL);
}

u64 get_current_cgroup_id(u64, u64, u64, u64, u64, Run&) { return own_cgroup_id(kOwnLevel); }

u64 get_current_ancestor_cgroup_id(u64 level, u64, u64, u64, u64, Run&) {
  return s32(level) < 0 ? 0 : own_cgroup_id(s32(level));
}

u64 get_cgroup_classid(u64, u64, u64, u64, u64, Run&) { return 0; }  // of no net_cls cgroup

constexpr HelperBody kBodies[] = {
    {14, get_current_pid_tgid},     {15, get_current_uid_gid},
    {16, get_current_comm},         {17, get_cgroup_classid},
    {80, get_current_cgroup_id},    {118, jiffies64},
    {120, get_ns_current_pid_tgid}, {123, get_current_ancestor_cgroup_id},
};

}  // namespace

std::span<const HelperBody> task_helpers() { return kBodies; }

}  // namespace skep::engine
