// Killing a process at a chosen instruction: a child does something, one instruction at a time (ptrace), until it is
// killed with SIGKILL or done.
//
// What a crash leaves is the shared memory at that instruction, with the word of the lock that the kernel then marks.
// So one pass through an operation can also take, after each instruction that changed either, an image of what a kill
// there would leave.
#pragma once

#include <sys/types.h>

#include <functional>
#include <span>
#include <vector>

#include "base/types.h"

namespace skep::kill {

// ptrace(2) works here (containers may forbid it).
bool can_step();

// Runs `work` in a child, up to and including instruction `limit`, and kills it there. `at_each` is called after each
// instruction with its number, from 1. Returns the number of instructions if the work ended before the limit, else 0;
// -1: something went wrong.
long step_and_kill(const std::function<void()>& work, u64 limit, const std::function<void(u64, pid_t)>& at_each);

struct CrashImage {
  u64 instruction = 0;      // after which the process dies
  std::vector<u8> content;  // of the shared memory, locks of the dead marked as Linux marks them
};

// An image for every state that a kill -9 in the middle of `work` can leave in `shared`, a shared mapping, in order.
std::vector<CrashImage> crash_images(const std::function<void()>& work, std::span<u8> shared);

}  // namespace skep::kill
