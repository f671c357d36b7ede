// What descriptors are, remembered: for processes that tell when one closes (`skep exec` stands in front of close(2)
// and its like; others may call skep_forget_descriptor()). Then an operation on a map needs no system call at all. Off
// until somebody promises that.
#pragma once

#include <array>
#include <atomic>

#include "sys/objects.h"

namespace skep::sys {

class DescriptorCache {
 public:
  void enable() { enabled_.store(true, std::memory_order_relaxed); }

  // The map behind `fd` if it is remembered.
  bool find(int fd, MapRef& map);
  void remember(int fd, const MapRef& map);
  // `fd` is about to be closed or to become something else, or just was.
  void forget(int fd);

 private:
  struct Entry {
    std::atomic_flag busy = ATOMIC_FLAG_INIT;
    MapRef map;
  };
  class Held;

  bool covers(int fd) const { return enabled_.load(std::memory_order_relaxed) && u32(fd) < entries_.size(); }

  std::atomic<bool> enabled_ = false;
  std::array<Entry, 1024> entries_;
};

}  // namespace skep::sys
