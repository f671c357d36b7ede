// Reading and writing memory that may not be there.
#pragma once

#include "base/types.h"

namespace skep::engine {

// Copies the string at `address`, at most `size` - 1 bytes of it, and a NUL. Returns the bytes written, with the NUL;
// -EFAULT: part of the string is not there (`to` then holds anything). `size` is not 0.
s64 read_string(char* to, u64 address, u64 size);

}  // namespace skep::engine
