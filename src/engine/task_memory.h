// Memory of the process that a task_struct stands for.
#pragma once

#include "engine/run.h"

namespace skep::engine {

// The PID behind an image of a task_struct; 0: it has none.
u32 process_of(const Run& run, u64 task);

// False: not all of it is there, or this process may not look.
bool read_task_memory(const Run& run, u64 task, void* to, u64 from, u64 size);

// Copies the string at `from`, at most `size` - 1 bytes of it, and a NUL. Returns the bytes written, with the NUL;
// -EFAULT: part of the string is not there (`to` then holds anything). `size` is not 0.
s64 read_task_string(const Run& run, u64 task, char* to, u64 from, u64 size);

}  // namespace skep::engine
