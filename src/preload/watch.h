// epoll on ring buffers: the file of a ring buffer cannot be polled, so an eventfd that a thread of ours writes to
// stands in its place.
#pragma once

#include <sys/epoll.h>

namespace skep::preload {

using EpollCtl = int(int, int, int, epoll_event*);

// epoll_ctl(2) for a descriptor that cannot be polled: 0 if it is a ring buffer of skep's and now watched (or no
// longer: EPOLL_CTL_DEL); -1 if it is none. `next` is the real epoll_ctl.
int watch_ring(EpollCtl* next, int epoll, int operation, int fd, const epoll_event* event);

// `fd` is being closed: if it is a watched ring buffer, or the epoll instance of some, their threads end.
void stop_watching(int fd);

}  // namespace skep::preload
