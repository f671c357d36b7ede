// See self.h. proc(5), cgroups(7).
#include "engine/self.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string_view>

namespace skep::engine {
namespace {

constexpr size_t kTextBytes = 8192;  // of /proc/self/cgroup

// Where the unified hierarchy is mounted: alone, or beside those of version 1.
const char* find_mount() {
  for (const char* place : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    struct statfs fs;
    if (statfs(place, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC) return place;
  }
  return nullptr;
}

// "/a/b" of the line "0::/a/b".
std::string_view own_path(char (&text)[kTextBytes]) {
  const int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = read(fd, text, sizeof(text));
  close(fd);
  std::string_view rest(text, size > 0 ? size_t(size) : 0);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (line.starts_with("0::/")) return line.substr(3);
    rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
  }
  return {};
}

// Its first `level` parts; false: it has fewer.
bool cut(std::string_view& path, int level) {
  size_t end = 0;
  for (int i = 0; i < level; ++i) {
    if (end + 1 >= path.size()) return false;
    end = std::min(path.find('/', end + 1), path.size());
  }
  path = path.substr(0, end);
  return true;
}

}  // namespace

u64 own_cgroup_id(int level) {
  const char* const mount = find_mount();
  char text[kTextBytes], place[kTextBytes + 64];
  std::string_view path = own_path(text);
  if (!mount || path.empty() || (level != kOwnLevel && !cut(path, level))) return 0;
  std::snprintf(place, sizeof(place), "%s%.*s", mount, int(path.size()), path.data());
  struct stat st;
  return stat(place, &st) == 0 ? st.st_ino : 0;  // Linux: a cgroup's id is the inode number of its directory
}

}  // namespace skep::engine
