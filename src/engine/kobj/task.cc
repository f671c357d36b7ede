// Tasks: which there are, and what stands in their images.
#include <unistd.h>

#include <ctime>

#include "engine/kobj/kernel_objects.h"
#include "engine/kobj/task_structs.h"
#include "map/shm/thread.h"

namespace skep::engine {
namespace {

inline constexpr int kMaxAncestors = 64;          // beyond, a task has no parent
inline constexpr u32 kKernelThread = 0x00200000;  // PF_KTHREAD
inline constexpr u32 kDefaultPrio = 120, kMaxRtPrio = 100;
inline constexpr u32 kExitZombie = 32, kExitDead = 16;

u64 nanoseconds(u64 ticks) {
  static const u64 per_second = u64(sysconf(_SC_CLK_TCK));
  return ticks * (1'000'000'000 / per_second);
}

// How much later the monotonic clock began than the machine: the time it slept.
u64 slept() {
  timespec boot{}, monotonic{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  const s64 ns = (boot.tv_sec - monotonic.tv_sec) * 1'000'000'000 + boot.tv_nsec - monotonic.tv_nsec;
  return ns > 10'000'000 ? u64(ns) : 0;
}

// TASK_* by the letter of proc(5).
u32 run_state(char letter) {
  switch (letter) {
    case 'R': return 0;
    case 'D': return 2;
    case 'T': return 4;
    case 't': return 8;
    case 'Z':
    case 'X': return 0x80;
    case 'I': return 0x402;
    default: return 1;
  }
}

void put_times(const TaskStructs& s, u8* image, const ProcTask& p) {
  const u64 since_boot = nanoseconds(p.start), asleep = slept();
  s.task.put(image, kStartBoottime, since_boot);
  s.task.put(image, kStartTime, since_boot > asleep ? since_boot - asleep : since_boot);
  s.task.put(image, kUtime, nanoseconds(p.utime));
  s.task.put(image, kStime, nanoseconds(p.stime));
  s.task.put(image, kMinFlt, p.min_flt);
  s.task.put(image, kMajFlt, p.maj_flt);
  s.task.put(image, kNvcsw, p.switches);
  s.task.put(image, kNivcsw, p.forced_switches);
}

void put_scheduling(const TaskStructs& s, u8* image, const ProcTask& p) {
  const bool ended = p.state == 'Z' || p.state == 'X';
  s.task.put(image, kState, run_state(p.state));
  s.task.put(image, kExitState, ended ? (p.state == 'Z' ? kExitZombie : kExitDead) : 0);
  s.task.put(image, kOnCpu, p.state == 'R');
  s.task.put(image, kCpu, p.cpu);
  s.task.put(image, kRecentCpu, p.cpu);
  s.task.put(image, kWakeCpu, p.cpu);
  s.task.put(image, kPrio, u32(p.priority) + kMaxRtPrio);
  s.task.put(image, kNormalPrio, u32(p.priority) + kMaxRtPrio);
  s.task.put(image, kStaticPrio, u32(p.nice) + kDefaultPrio);
  s.task.put(image, kRtPriority, p.rt_priority);
  s.task.put(image, kPolicy, p.policy);
  s.task.put(image, kNrCpusAllowed, u64(__builtin_popcountll(p.cpus)));
  s.task.put(image, kCpusMask, p.cpus);
}

void put_cred(const TaskStructs& s, u8* image, const ProcTask& p) {
  constexpr CredField kUids[] = {kUid, kEuid, kSuid, kFsuid}, kGids[] = {kGid, kEgid, kSgid, kFsgid};
  for (u32 i = 0; i < 4; ++i) {
    s.cred.put(image, kUids[i], p.uid[i]);
    s.cred.put(image, kGids[i], p.gid[i]);
  }
  for (u32 i = 0; i < 5; ++i) s.cred.put(image, kCapInheritable + i, p.caps[i]);
  s.cred.put(image, kCredUsage, 1);
}

void put_mm(const TaskStructs& s, u8* image, const ProcTask& p) {
  const u64 values[] = {1,           1,           p.start_code, p.end_code,  p.start_data, p.end_data,
                        p.start_brk, p.arg_start, p.arg_end,    p.env_start, p.env_end,    p.start_stack};
  static_assert(std::size(values) == kMmFields);
  for (u32 i = 0; i < kMmFields; ++i) s.mm.put(image, i, values[i]);
}

// struct pid has an entry for each PID namespace that the task is in, as far as there is room.
void put_pid(const TaskStructs& s, u8* image, const ProcTask& p) {
  const u32 n = std::min<u32>(u32(p.ns_pids.size()), kMaxPidLevels);
  s.pid.put(image, kPidLevel, n ? n - 1 : 0);
  s.pid.put(image, kPidCount, 1);
  for (u32 i = 0; i < std::max(n, 1u); ++i) {
    const u32 nr = n ? p.ns_pids[i] : p.tid;
    std::memcpy(image + s.pid.place(kPidNumbers).offset + i * s.upid_size, &nr, sizeof(nr));
  }
}

}  // namespace

HeapObject* KernelObjects::task(u32 tid) {
  if (s32(tid) <= 0 || !kernel_) return nullptr;
  look_up();
  return make_task(tid, 0);
}

// PID 0, everybody's first ancestor, is in no /proc.
HeapObject* KernelObjects::make_task(u32 tid, int depth) {
  ProcTask proc;
  if (tid == 0) {
    proc.comm = "swapper/0";
    proc.flags = kKernelThread;
    proc.state = 'R';
  } else if (!read_stat(tid, proc)) {
    return nullptr;
  }
  const Identity id{{tid | tasks_->fingerprint << 32, proc.start, map::calling_thread().pid_ns}};
  HeapObject* object = heap_->find_named(HeapKind::Task, id, nullptr);
  if (object && depth > 0) return object;  // on the way up what is known stays as it is
  if (tid != 0) read_status(proc);
  const bool is_new = !object;
  if (is_new) object = heap_->allocate(HeapKind::Task, tasks_->bytes, 1, nullptr);
  if (!object) return nullptr;
  fill_task(*object, proc, depth);
  if (!is_new) return object;
  HeapObject* const first = heap_->find_named(HeapKind::Task, id, object);
  if (first != object) heap_->release(*object);
  return first;
}

void KernelObjects::fill_task(HeapObject& task, const ProcTask& proc, int depth) {
  const TaskStructs& s = *tasks_;
  u8* const image = task.bytes();
  const u64 at = task.pointer();
  const bool is_user = !(proc.flags & kKernelThread) && proc.state != 'Z' && proc.state != 'X';
  s.task.put(image, kPid, proc.tid);
  s.task.put(image, kTgid, proc.tgid);
  s.task.put_text(image, kComm, proc.comm);
  s.task.put(image, kFlags, proc.flags);
  s.task.put(image, kUsage, 1);
  s.task.put(image, kRcuUsers, 1);
  s.task.put(image, kExitCode, proc.exit_code);
  s.task.put(image, kExitSignal, proc.exit_signal);
  s.task.put(image, kCred, at + s.cred_at);
  s.task.put(image, kRealCred, at + s.cred_at);
  s.task.put(image, kMm, is_user ? at + s.mm_at : 0);
  s.task.put(image, kActiveMm, is_user ? at + s.mm_at : 0);
  s.task.put(image, kThreadPid, at + s.pid_at);
  s.task.put(image, kNsproxy, at + s.nsproxy_at);
  s.task.put(image, kSignal, at + s.signal_at);
  s.task.put(image, kCgroups, at + s.css_set_at);
  if (s.task.place(kCpusMask).size) s.task.put(image, kCpusPtr, at + s.task.place(kCpusMask).offset);
  put_times(s, image, proc);
  put_scheduling(s, image, proc);
  put_cred(s, image + s.cred_at, proc);
  put_mm(s, image + s.mm_at, proc);
  put_pid(s, image + s.pid_at, proc);
  s.signal.put(image + s.signal_at, kNrThreads, proc.threads);
  s.nsproxy.put(image + s.nsproxy_at, 0, 1);
  link_task(task, proc, depth);
}

// What a task points to beyond its own images.
void KernelObjects::link_task(HeapObject& task, const ProcTask& proc, int depth) {
  const TaskStructs& s = *tasks_;
  u8* const image = task.bytes();
  const bool is_leader = proc.tgid == proc.tid;
  HeapObject* const leader = is_leader || depth > kMaxAncestors ? nullptr : make_task(proc.tgid, depth + 1);
  HeapObject* const parent = parent_of(task, proc, depth);
  const std::string path = read_cgroup_path(proc.tid, 0).value_or("/");
  HeapObject* const cgroup = cgroup_at(0, path);
  const u64 self = task.pointer();
  s.task.put(image, kGroupLeader, leader ? leader->pointer() : self);
  const u64 above = parent ? parent->pointer() : proc.tid == 0 ? self : 0;
  s.task.put(image, kRealParent, above);
  s.task.put(image, kParent, above);
  s.css_set.put(image + s.css_set_at, kDflCgrp, cgroup ? cgroup->pointer() : 0);
  set_owned(task, kTaskLeader, leader);
  set_owned(task, kTaskParent, parent);
  set_owned(task, kTaskCgroup, cgroup);
}

// While a task lives, a parent of the same PID is the same process.
HeapObject* KernelObjects::parent_of(HeapObject& task, const ProcTask& proc, int depth) {
  if (proc.tid == 0 || depth > kMaxAncestors) return nullptr;
  HeapObject* const known = owned(task, kTaskParent);
  if (known && task_tid(*known) == proc.ppid && Heap::acquire(*known)) return known;
  return make_task(proc.ppid, depth + 1);
}

// Takes the caller's reference to `owned`.
void KernelObjects::set_owned(HeapObject& object, u32 word, HeapObject* owned) {
  const u32 link = owned ? heap_->link_of(*owned) : 0;
  const u32 before = __atomic_exchange_n(&object.words[word], link, __ATOMIC_ACQ_REL);
  if (HeapObject* const old = heap_->at_link(before)) heap_->release(*old);
}

}  // namespace skep::engine
