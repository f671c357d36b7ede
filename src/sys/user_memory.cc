// Guarded copies (map/shm/guard.h): no system call, and a bad address is EFAULT.
#include "sys/user_memory.h"

#include <algorithm>
#include <cerrno>

#include "map/shm/guard.h"

namespace skep::sys {

bool copy_from_user(void* to, u64 from, u64 size) {
  return size == 0 || map::guarded_copy(to, reinterpret_cast<const void*>(from), size);
}

bool copy_to_user(u64 to, const void* from, u64 size) {
  return size == 0 || map::guarded_copy(reinterpret_cast<void*>(to), from, size);
}

int check_zeroed_user(u64 from, u64 size) {
  u8 bytes[512];
  for (u64 done = 0; done < size;) {
    const u64 n = std::min<u64>(size - done, sizeof(bytes));
    if (!copy_from_user(bytes, from + done, n)) return -EFAULT;
    if (!std::all_of(bytes, bytes + n, [](u8 b) { return b == 0; })) return 0;
    done += n;
  }
  return 1;
}

}  // namespace skep::sys
