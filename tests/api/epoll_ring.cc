// Under `skep exec`: waits with epoll for a record that another process puts into a ring buffer, as libbpf's
// ring_buffer__poll does.
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "map/ringbuf.h"

namespace {

// The producer is a program in a kernel; here a child that opens the same file.
int produce(int fd) {
  using namespace skep::map;
  auto fixed = read_trailer(fd);
  auto meta = fixed.ok() ? Map::meta_of(*fixed) : skep::Result<std::shared_ptr<MapMeta>>(fixed.status());
  if (!meta.ok()) return 1;
  auto map = Map::open(fd, *meta, *fixed);
  if (!map.ok()) return 1;
  usleep(100000);
  const skep::u8 record[8] = {1, 2, 3};
  return ringbuf_output(**map, record, 0) == 0 ? 0 : 1;
}

}  // namespace

int main() {
  // BPF_MAP_CREATE: type, key size, value size, max_entries.
  const skep::u32 attr[4] = {skep::BPF_MAP_TYPE_RINGBUF, 0, 0, 4096};
  const int fd = int(syscall(SYS_bpf, 0, attr, sizeof(attr)));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event = {.events = EPOLLIN, .data = {.u32 = 77}};
  if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    std::perror("epoll_ctl");
    return 1;
  }
  if (epoll_wait(epoll, &event, 1, 20) != 0) return 2;
  if (fork() == 0) _exit(produce(fd));
  const int ready = epoll_wait(epoll, &event, 1, 5000);
  int status = 0;
  wait(&status);
  std::printf("%d ready, data %u, producer %d\n", ready, event.data.u32, status);
  return close(fd) == 0 && close(epoll) == 0 ? 0 : 3;
}
