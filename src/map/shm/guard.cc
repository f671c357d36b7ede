// A signal handler that jumps back into the innermost guarded call of its thread. __builtin_setjmp saves five words and
// no signal mask, which is why a guard costs a few nanoseconds; SA_NODEFER keeps the signal unblocked after the jump.
#include "map/shm/guard.h"

#include <atomic>
#include <csignal>
#include <cstring>

#include "map/shm/stripe.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
extern "C" void __asan_handle_no_return(void);
#endif

namespace skep::map {
namespace {

thread_local GuardFrame* innermost = nullptr;

// A copy that no sanitizer looks at: one of the addresses may be anything.
[[gnu::no_sanitize("address"), gnu::no_sanitize("thread"), gnu::noinline]] void copy_uninspected(void* to,
                                                                                                 const void* from,
                                                                                                 u64 size) {
#if defined(__x86_64__)
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
#else
  auto* out = static_cast<volatile u8*>(to);
  const auto* in = static_cast<const volatile u8*>(from);
  while (size-- > 0) *out++ = *in++;
#endif
}

struct sigaction old_segv, old_bus;
std::atomic<bool> installed;
std::atomic<FaultHook> fault_hook;

void chain(int signal, siginfo_t* info, void* context, const struct sigaction& old) {
  if (old.sa_flags & SA_SIGINFO) return old.sa_sigaction(signal, info, context);
  if (old.sa_handler != SIG_DFL && old.sa_handler != SIG_IGN) return old.sa_handler(signal);
  // The default: put it back and let the instruction fault again, so that the core shows the right place.
  struct sigaction fallback;
  std::memset(&fallback, 0, sizeof(fallback));
  fallback.sa_handler = SIG_DFL;
  sigaction(signal, &fallback, nullptr);
}

void on_fault(int signal, siginfo_t* info, void* context) {
  const FaultHook hook = fault_hook.load(std::memory_order_acquire);
  if (info->si_code > 0 && hook != nullptr && hook(context)) return;
  if (innermost != nullptr && info->si_code > 0) {
#if defined(__SANITIZE_ADDRESS__)
    __asan_handle_no_return();  // frames between here and there end without a word
#endif
    __builtin_longjmp(innermost->jump, 1);
  }
  chain(signal, info, context, signal == SIGSEGV ? old_segv : old_bus);
}

void install() {
  // Two threads at once would make the second remember the first's handler as the host's.
  static std::atomic_flag taken = ATOMIC_FLAG_INIT;
  if (taken.test_and_set()) return;
  struct sigaction action;
  std::memset(&action, 0, sizeof(action));
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &old_segv);
  sigaction(SIGBUS, &action, &old_bus);
  installed.store(true, std::memory_order_release);
}

}  // namespace

// Not inlined: the frame that __builtin_setjmp comes back to must be this one.
[[gnu::noinline]] long guarded_call(long (*call)(void*), void* argument, long on_fault_value) {
  if (!installed.load(std::memory_order_acquire)) install();
  GuardFrame frame;
  frame.outer = innermost;
  if (__builtin_setjmp(frame.jump) != 0) {
    GuardFrame* const outer = innermost->outer;
    innermost = outer;
    if (outer == nullptr) abandon_locks();
    return on_fault_value;
  }
  innermost = &frame;
  const long result = call(argument);
  innermost = frame.outer;
  return result;
}

void set_fault_hook(FaultHook hook) { fault_hook.store(hook, std::memory_order_release); }

bool guarded_copy(void* to, const void* from, u64 size) {
  return guarded(0, [&]() -> long {
    copy_uninspected(to, from, size);
    return 1;
  });
}

}  // namespace skep::map
