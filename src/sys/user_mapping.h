// Where user space has mapped the file of an arena: by that address programs know its pages. Linux is told by mmap(2);
// we look when it is wanted.
#pragma once

#include "base/types.h"

namespace skep::sys {

// Where this process has the first `size` bytes of the descriptor's file mapped shared, without a border of 4 GiB in
// them; the lowest such place, and none that belongs to a map::Map. 0: nowhere.
u64 find_user_mapping(int fd, u64 size);

}  // namespace skep::sys
