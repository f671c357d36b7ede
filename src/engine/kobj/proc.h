// What proc(5) says of a thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/types.h"

namespace skep::engine {

struct ProcTask {
  std::string comm;
  char state = '?';
  u32 tid = 0, tgid = 0, ppid = 0;
  u32 flags = 0;                                       // PF_*
  u64 min_flt = 0, maj_flt = 0, utime = 0, stime = 0;  // times in clock ticks
  s32 priority = 0, nice = 0;
  u32 threads = 0, exit_signal = 0, cpu = 0, rt_priority = 0, policy = 0, exit_code = 0;
  u64 start = 0;  // clock ticks since boot
  u64 start_code = 0, end_code = 0, start_stack = 0, start_data = 0, end_data = 0, start_brk = 0;
  u64 arg_start = 0, arg_end = 0, env_start = 0, env_end = 0;
  u32 uid[4] = {}, gid[4] = {};  // real, effective, saved, file system
  u64 caps[5] = {};              // inheritable, permitted, effective, bounding, ambient
  std::vector<u32> ns_pids;      // as each PID namespace has it, outermost first
  u64 switches = 0, forced_switches = 0;
  u64 cpus = 0;  // allowed; the first 64
};

// False: there is no such thread.
bool read_stat(u32 tid, ProcTask& task);
// The rest: `task` is what read_stat() gave.
void read_status(ProcTask& task);
// The path of the task's cgroup in hierarchy `id` (0: cgroup2), as this process sees it: "/a/b". nullopt: none.
std::optional<std::string> read_cgroup_path(u32 tid, u32 hierarchy);
// Numbers of a folder's entries: the processes of /proc, the threads of /proc/PID/task.
std::vector<u32> list_numbers(const std::string& folder);
// Numbers in a file, one a line.
std::vector<u32> numbers_in(const std::string& file);
// Paths of the folders in a folder, in the order of their names; 0 for the inode of what is not there.
std::vector<std::string> folders_in(const std::string& folder);
u64 inode_of(const std::string& path);
// The whole of a small file; empty if it cannot be read.
std::string read_text(const std::string& path);

}  // namespace skep::engine
