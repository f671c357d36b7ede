// bpf_send_signal() and its like: to the process that runs the program. Other processes get none, whatever a program
// under test thinks of them: -EPERM, as Linux says of kernel threads.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "engine/bodies.h"
#include "engine/kobj/kernel_objects.h"

namespace skep::engine {
namespace {

constexpr u32 kLastSignal = 64;
constexpr u32 kToThread = 0, kToProcess = 1;  // PIDTYPE_*

bool is_own_thread(pid_t tid) { return syscall(SYS_tgkill, getpid(), tid, 0) == 0; }

// With si_value, as sigqueue() sends it: only the kernel may give another origin.
u64 send(pid_t tid, u32 signal, u32 to, u64 value) {
  if (signal > kLastSignal) return u64(-EINVAL);
  siginfo_t info;
  std::memset(&info, 0, sizeof(info));
  info.si_signo = int(signal);
  info.si_code = SI_QUEUE;
  info.si_value.sival_ptr = reinterpret_cast<void*>(value);
  const long sent = to == kToThread ? syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, signal, &info)
                                    : syscall(SYS_rt_sigqueueinfo, getpid(), signal, &info);
  return sent == 0 ? 0 : u64(-errno);
}

u64 send_signal(u64 signal, u64, u64, u64, u64, Run&) { return send(gettid(), u32(signal), kToProcess, 0); }
u64 send_signal_thread(u64 signal, u64, u64, u64, u64, Run&) { return send(gettid(), u32(signal), kToThread, 0); }

u64 send_signal_task(u64 task, u64 signal, u64 to, u64 value, u64, Run& run) {
  if (u32(to) != kToThread && u32(to) != kToProcess) return u64(-EINVAL);
  HeapObject* const who = run.machine.heap().find(task, HeapKind::Task);
  if (!who) return u64(-EPERM);
  const pid_t tid = pid_t(KernelObjects::task_tid(*who));
  return is_own_thread(tid) ? send(tid, u32(signal), u32(to), value) : u64(-EPERM);
}

constexpr HelperBody kHelpers[] = {{109, send_signal}, {117, send_signal_thread}};
constexpr KfuncBody kKfuncs[] = {{"bpf_send_signal_task", send_signal_task}};

}  // namespace

std::span<const HelperBody> signal_helpers() { return kHelpers; }
std::span<const KfuncBody> signal_kfuncs() { return kKfuncs; }

}  // namespace skep::engine
