// Reading and writing memory that a caller of bpf(2) points at, which may not be there: EFAULT instead of a crash.
#pragma once

#include <vector>

#include "base/types.h"

namespace skep::sys {

// Copy `size` bytes. False (EFAULT) if any byte cannot be accessed; then part of the bytes may have been copied.
[[nodiscard]] bool copy_from_user(void* to, u64 from, u64 size);
[[nodiscard]] bool copy_to_user(u64 to, const void* from, u64 size);

// All of [from, from + size) is zero: 1 yes, 0 no, -EFAULT.
int check_zeroed_user(u64 from, u64 size);

}  // namespace skep::sys
