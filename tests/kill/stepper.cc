// ptrace(2), PTRACE_SINGLESTEP.
#include "stepper.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "map/shm/stripe.h"

namespace skep::kill {
namespace {

// What a thread does only once (asking for its TID, its robust list) is not part of the work.
void warm_up() {
  map::Stripe stripe;
  map::lock_stripe(stripe);
  map::unlock_stripe(stripe);
}

[[noreturn]] void child(const std::function<void()>& work) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  warm_up();
  raise(SIGSTOP);
  work();
  raise(SIGSTOP);
  _exit(0);
}

// Waits until the child stops, and says by which signal; 0: it is gone.
int wait_for_stop(pid_t pid) {
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) return 0;
  return WSTOPSIG(status);
}

void finish(pid_t pid) {
  ::kill(pid, SIGKILL);
  int status;
  while (waitpid(pid, &status, 0) == pid && !WIFEXITED(status) && !WIFSIGNALED(status)) {
  }
}

// The address of the lock word that the kernel looks at when this process dies; 0: none.
u64 pending_lock(pid_t pid) {
  void* head = nullptr;
  size_t size = 0;
  if (syscall(SYS_get_robust_list, pid, &head, &size) != 0 || head == nullptr) return 0;
  robust_list_head copy = {};
  const iovec here = {&copy, sizeof(copy)}, there = {head, sizeof(copy)};
  if (process_vm_readv(pid, &here, 1, &there, 1, 0) != ssize_t(sizeof(copy))) return 0;
  const u64 entry = reinterpret_cast<u64>(copy.list_op_pending);
  return entry != 0 ? entry + u64(copy.futex_offset) : 0;
}

// What the kernel does to a pending lock when its owner dies: futex(2), robust list.
void mark_dead(std::span<u8> image, std::span<u8> shared, u64 lock, pid_t owner) {
  const u64 start = reinterpret_cast<u64>(shared.data());
  if (lock < start || lock + sizeof(u32) > start + shared.size()) return;
  u32 word;
  std::memcpy(&word, image.data() + (lock - start), sizeof(word));
  if ((word & FUTEX_TID_MASK) != u32(owner)) return;
  word = (word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
  std::memcpy(image.data() + (lock - start), &word, sizeof(word));
}

}  // namespace

bool can_step() {
  return step_and_kill([] {}, 3, [](u64, pid_t) {}) >= 0;
}

long step_and_kill(const std::function<void()>& work, u64 limit, const std::function<void(u64, pid_t)>& at_each) {
  const pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) child(work);
  if (wait_for_stop(pid) != SIGSTOP) {
    finish(pid);
    return -1;
  }
  long result = 0;
  for (u64 n = 1; n <= limit; ++n) {
    if (ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) != 0) {
      result = -1;
      break;
    }
    const int signal = wait_for_stop(pid);
    if (signal != SIGTRAP) {
      result = signal == SIGSTOP ? long(n) : -1;
      break;
    }
    at_each(n, pid);
  }
  finish(pid);
  return result;
}

std::vector<CrashImage> crash_images(const std::function<void()>& work, std::span<u8> shared) {
  std::vector<CrashImage> images;
  std::vector<u8> last;
  u64 last_lock = ~u64(0);
  step_and_kill(work, ~u64(0), [&](u64 n, pid_t pid) {
    const u64 lock = pending_lock(pid);
    if (lock == last_lock && std::memcmp(last.data(), shared.data(), shared.size()) == 0) return;
    last.assign(shared.begin(), shared.end());
    last_lock = lock;
    images.push_back({n, last});
    mark_dead(images.back().content, shared, lock, pid);
  });
  return images;
}

}  // namespace skep::kill
