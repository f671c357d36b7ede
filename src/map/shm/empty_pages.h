// Pages of a file that have no memory yet. A touch gives them some, so a stray read of a program would take a page. A
// mapping that is watched here faults instead (SIGBUS, which guard.h and generated code know), until somebody gives the
// page memory: by fill_pages(), or by touching it through another mapping.
//
// This is userfaultfd(2) for the faults of this process' own code. Where it cannot be had - files outside of tmpfs, a
// sandbox that forbids the system call, the child of a fork - pages come with the first touch, as they do for everyone.
#pragma once

#include "base/types.h"

namespace skep::map {

// Watches whole pages of a shared mapping, until it is unmapped. False: pages will come with the first touch.
bool watch_empty_pages(void* at, u64 bytes);

// Gives pages of a mapping memory, watched or not; what has some keeps it. False: there is no memory.
bool fill_pages(void* at, u64 bytes);

}  // namespace skep::map
