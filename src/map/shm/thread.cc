// Reading /proc/TID/stat: fields 3 (state) and 22 (start time).
#include "map/shm/thread.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace skep::map {

ThreadState look_at_thread(u32 tid) {
  char path[64], text[1024];
  std::snprintf(path, sizeof(path), "/proc/%u/stat", tid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {.exited = errno == ENOENT || errno == ESRCH};
  const ssize_t n = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (n <= 0) return {};
  text[n] = 0;
  const char* at = std::strrchr(text, ')');  // the name may hold anything
  const char state = at != nullptr && at[1] != 0 ? at[2] : 'X';
  for (int field = 2; at != nullptr && field < 22; ++field) at = std::strchr(at + 1, ' ');
  if (at == nullptr) return {};
  return {.start = std::strtoull(at + 1, nullptr, 10), .exited = state == 'Z' || state == 'X'};
}

u64 pid_namespace() {
  struct stat st;
  return stat("/proc/self/ns/pid", &st) == 0 ? u64(st.st_ino) : 0;
}

}  // namespace skep::map
