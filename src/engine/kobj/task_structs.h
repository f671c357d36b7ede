// The structs behind a task_struct: which of their fields are filled in, and where their images lie in a task's object.
#pragma once

#include "engine/kobj/struct_fields.h"
#include "map/geometry.h"

namespace skep::engine {

enum TaskField : u32 {
  kPid,
  kTgid,
  kComm,
  kFlags,
  kUsage,
  kRcuUsers,
  kExitCode,
  kExitSignal,
  kExitState,
  kState,
  kCred,
  kRealCred,
  kMm,
  kActiveMm,
  kThreadPid,
  kNsproxy,
  kSignal,
  kCgroups,
  kRealParent,
  kParent,
  kGroupLeader,
  kStartTime,
  kStartBoottime,
  kUtime,
  kStime,
  kMinFlt,
  kMajFlt,
  kNvcsw,
  kNivcsw,
  kOnCpu,
  kCpu,
  kRecentCpu,
  kWakeCpu,
  kPrio,
  kNormalPrio,
  kStaticPrio,
  kRtPriority,
  kPolicy,
  kNrCpusAllowed,
  kCpusMask,
  kCpusPtr,
  kTaskFields
};
inline constexpr std::array<const char*, kTaskFields> kTaskPaths = {"pid",
                                                                    "tgid",
                                                                    "comm",
                                                                    "flags",
                                                                    "usage",
                                                                    "rcu_users",
                                                                    "exit_code",
                                                                    "exit_signal",
                                                                    "exit_state",
                                                                    "__state",
                                                                    "cred",
                                                                    "real_cred",
                                                                    "mm",
                                                                    "active_mm",
                                                                    "thread_pid",
                                                                    "nsproxy",
                                                                    "signal",
                                                                    "cgroups",
                                                                    "real_parent",
                                                                    "parent",
                                                                    "group_leader",
                                                                    "start_time",
                                                                    "start_boottime",
                                                                    "utime",
                                                                    "stime",
                                                                    "min_flt",
                                                                    "maj_flt",
                                                                    "nvcsw",
                                                                    "nivcsw",
                                                                    "on_cpu",
                                                                    "thread_info.cpu",
                                                                    "recent_used_cpu",
                                                                    "wake_cpu",
                                                                    "prio",
                                                                    "normal_prio",
                                                                    "static_prio",
                                                                    "rt_priority",
                                                                    "policy",
                                                                    "nr_cpus_allowed",
                                                                    "cpus_mask",
                                                                    "cpus_ptr"};

enum CredField : u32 {
  kUid,
  kEuid,
  kSuid,
  kFsuid,
  kGid,
  kEgid,
  kSgid,
  kFsgid,
  kCapInheritable,
  kCapPermitted,
  kCapEffective,
  kCapBset,
  kCapAmbient,
  kCredUsage,
  kCredFields
};
inline constexpr std::array<const char*, kCredFields> kCredPaths = {
    "uid",           "euid",          "suid",     "fsuid",       "gid",  "egid", "sgid", "fsgid", "cap_inheritable",
    "cap_permitted", "cap_effective", "cap_bset", "cap_ambient", "usage"};

inline constexpr u32 kMmFields = 12;
inline constexpr std::array<const char*, kMmFields> kMmPaths = {"mm_users",   "mm_count",  "start_code", "end_code",
                                                                "start_data", "end_data",  "start_brk",  "arg_start",
                                                                "arg_end",    "env_start", "env_end",    "start_stack"};

enum PidField : u32 { kPidLevel, kPidCount, kPidNumbers, kPidFields };
inline constexpr std::array<const char*, kPidFields> kPidPaths = {"level", "count", "numbers"};
enum SignalField : u32 { kNrThreads, kSignalFields };
inline constexpr std::array<const char*, kSignalFields> kSignalPaths = {"nr_threads"};
enum CssSetField : u32 { kDflCgrp, kCssSetFields };
inline constexpr std::array<const char*, kCssSetFields> kCssSetPaths = {"dfl_cgrp"};

inline constexpr u32 kMaxPidLevels = 4;  // PID namespaces inside one another that an image has room for

struct TaskStructs {
  explicit TaskStructs(const btf::Btf* types)
      : task(types, "task_struct", kTaskPaths),
        cred(types, "cred", kCredPaths),
        mm(types, "mm_struct", kMmPaths),
        pid(types, "pid", kPidPaths),
        signal(types, "signal_struct", kSignalPaths),
        css_set(types, "css_set", kCssSetPaths),
        nsproxy(types, "nsproxy", {"count"}),
        upid_size(Layout(*types, "upid").size()),
        fingerprint(u32(task.fingerprint() >> 32)) {
    const auto take = [this](u32 size) {
      const u32 at = bytes;
      bytes += u32(map::round_up(size, 64));
      return at;
    };
    take(task.size());
    cred_at = take(cred.size());
    mm_at = take(mm.size());
    pid_at = take(pid.size() + kMaxPidLevels * upid_size);
    signal_at = take(signal.size());
    css_set_at = take(css_set.size());
    nsproxy_at = take(nsproxy.size());
  }

  StructFields<kTaskFields> task;
  StructFields<kCredFields> cred;
  StructFields<kMmFields> mm;
  StructFields<kPidFields> pid;
  StructFields<kSignalFields> signal;
  StructFields<kCssSetFields> css_set;
  StructFields<1> nsproxy;
  u32 upid_size;
  u64 fingerprint;  // tasks of another target are other objects
  u32 bytes = 0;    // of all images
  u32 cred_at, mm_at, pid_at, signal_at, css_set_at, nsproxy_at;
};

}  // namespace skep::engine
