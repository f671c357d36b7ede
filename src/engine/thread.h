// What a thread keeps between its runs. The one place of the engine with thread-local state.
#pragma once

#include <cstddef>

#include "base/types.h"

namespace skep::engine {

// Eight frames of a program, callbacks and 33 tail calls on top of one another.
inline constexpr size_t kThreadStackBytes = 256 * 1024;

// Memory for the interpreter's frames: kThreadStackBytes, zeros at first, the thread's until it ends.
u8* thread_stack();

// The slot in which the thread notes what it holds, and the heap that the slot is in (kobj/heap.h).
struct ThreadSlot {
  const void* heap = nullptr;
  struct HeapSlot* slot = nullptr;
};
ThreadSlot& thread_slot();

// The state of the thread's random sequence: seeded by the system at the first call, never 0 then.
u64& thread_random();

}  // namespace skep::engine
