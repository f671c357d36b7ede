// Touching memory that may not be there: a page of a map's file that another process cut off (SIGBUS), or an address
// that a caller of bpf(2) made up (SIGSEGV). Inside a guarded call such a fault becomes a return value; any other
// fault in the process goes to whoever handled it before us.
//
// The handlers are installed at the first guarded call and stay. A host that replaces them later loses nothing but this
// protection.
#pragma once

#include <utility>

#include "base/types.h"

namespace skep::map {

// One entry of the calling thread's stack of guarded calls.
struct GuardFrame {
  void* jump[5];  // __builtin_setjmp
  GuardFrame* outer;
};

// Calls `call(argument)`, and returns `on_fault` in its place if it touched memory that is not there. The call must be
// able to end anywhere: it owns nothing that needs a destructor. Locks of stripes it held are let go, to be repaired by
// the next who takes them.
long guarded_call(long (*call)(void* argument), void* argument, long on_fault);

template <typename F>
long guarded(long on_fault, F&& body) {
  return guarded_call([](void* f) -> long { return (*static_cast<F*>(f))(); }, &body, on_fault);
}

// memcpy that stops at a fault: false then, and part of the bytes may have been copied.
[[nodiscard]] bool guarded_copy(void* to, const void* from, u64 size);

// For generated code, which knows where it may fault and how to go on: asked first at each fault, inside the signal
// handler, with the ucontext_t. True: it has dealt with it, and execution continues as the context says now.
using FaultHook = bool (*)(void* context);
void set_fault_hook(FaultHook hook);

}  // namespace skep::map
