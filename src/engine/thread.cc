// See thread.h.
#include "engine/thread.h"

#include <sys/random.h>

#include <memory>

namespace skep::engine {

u8* thread_stack() {
  thread_local std::unique_ptr<u8[]> stack;
  if (!stack) stack.reset(new u8[kThreadStackBytes]());
  return stack.get();
}

u64& thread_random() {
  thread_local u64 state = 0;
  if (state == 0 && getrandom(&state, sizeof(state), 0) != sizeof(state)) state = reinterpret_cast<u64>(&state);
  return state;
}

ThreadSlot& thread_slot() {
  thread_local ThreadSlot slot;
  return slot;
}

}  // namespace skep::engine
