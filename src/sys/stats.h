// BPF_ENABLE_STATS: run statistics of all programs, on as long as anybody holds a descriptor that switches them on.
#pragma once

#include <atomic>

#include "sys/namespace.h"

namespace skep::sys {

class StatsSwitch {
 public:
  // In a namespace the switch is a file in it, and on while somebody has its shared flock; in a kernel of its own
  // (null) it stays on once it was.
  explicit StatsSwitch(std::shared_ptr<Namespace> shared) : shared_(std::move(shared)) {}

  // A descriptor, or -errno.
  int enable();
  // For those who run programs, once per run: a few system calls.
  bool enabled() const;

 private:
  std::shared_ptr<Namespace> shared_;
  std::atomic<bool> enabled_ = false;
};

}  // namespace skep::sys
