// See user_mapping.h.
#include "sys/user_mapping.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cinttypes>
#include <cstdio>

namespace skep::sys {
namespace {

// A line of /proc/self/maps.
struct Line {
  u64 start = 0, end = 0, offset = 0, inode = 0;
  dev_t device = 0;
  bool shared = false;
};

bool read_line(FILE* maps, Line& out) {
  char text[4352], permissions[5];
  unsigned major_number, minor_number;
  if (!std::fgets(text, sizeof(text), maps)) return false;
  const int n = std::sscanf(text, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64, &out.start, &out.end,
                            permissions, &out.offset, &major_number, &minor_number, &out.inode);
  if (n != 7) return false;
  out.shared = permissions[3] == 's';
  out.device = makedev(major_number, minor_number);
  return true;
}

bool has_border(u64 start, u64 size) { return start >> 32 != (start + size - 1) >> 32; }

}  // namespace

// A map::Map maps the whole file: what follows its pages lies right behind them.
u64 find_user_mapping(int fd, u64 size) {
  struct stat st;
  if (fstat(fd, &st) != 0) return 0;
  FILE* const maps = std::fopen("/proc/self/maps", "re");
  if (!maps) return 0;
  u64 candidate = 0, found = 0;
  for (Line line; found == 0;) {
    const bool more = read_line(maps, line);
    const bool same = more && line.shared && line.inode == st.st_ino && line.device == st.st_dev;
    const bool goes_on = same && line.start == candidate + size && line.offset == size;
    if (candidate && !goes_on) found = candidate;
    candidate =
        same && line.offset == 0 && line.end - line.start == size && !has_border(line.start, size) ? line.start : 0;
    if (!more) break;
  }
  std::fclose(maps);
  return found;
}

}  // namespace skep::sys
