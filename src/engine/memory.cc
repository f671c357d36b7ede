// See memory.h.
#include "engine/memory.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "map/geometry.h"
#include "map/shm/guard.h"

namespace skep::engine {

s64 read_string(char* to, u64 address, u64 size) {
  if (address < map::kPageSize) return -EFAULT;  // a null pointer and what it leads to
  u64 done = 0;
  return map::guarded(-EFAULT, [&]() -> long {
    while (done + 1 < size) {
      const auto* from = reinterpret_cast<const char*>(address + done);
      const u64 in_page = map::kPageSize - (address + done) % map::kPageSize;
      const u64 step = std::min(in_page, size - 1 - done);
      const void* const end = std::memchr(from, 0, step);
      const u64 length = end ? u64(static_cast<const char*>(end) - from) : step;
      std::memcpy(to + done, from, length);
      done += length;
      if (end) break;
    }
    to[done] = 0;
    return long(done + 1);
  });
}

}  // namespace skep::engine
