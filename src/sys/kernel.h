// One kernel in this process: bpf(2) against a target, with the objects made through it. No state outside the object:
// two kernels do not see each other's objects.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "sys/objects.h"
#include "target/target.h"

namespace skep::sys {

// What PROG_LOAD found, for reports that want more than an errno and a text.
struct LoadReport {
  u64 log_buf = 0;  // the caller's log buffer: tells loads apart
  std::string name;
  u32 prog_type = 0;
  int error = 0;          // positive errno of the call; 0: accepted
  bool verified = false;  // the verifier was reached
  verifier::Verdict verdict;
  std::string last_line;  // of the log, before the statistics
};

struct KernelConfig {
  std::shared_ptr<const target::Target> target;
  target::Caps caps;
  bool unprivileged_bpf_disabled = true;  // sysctl kernel.unprivileged_bpf_disabled
  std::function<void(const LoadReport&)> on_load = {};
};

class Kernel {
 public:
  explicit Kernel(KernelConfig config);

  // bpf(cmd, attr, size): >= 0, or -errno. `attr` may be any address. Thread-safe.
  long bpf(int cmd, void* attr, u32 size);

  // Tells where user space has mapped the file of an arena (mmap(2) of its fd), which decides the addresses its
  // programs see.
  void note_mapping(int fd, u64 address);

  const KernelConfig& config() const { return config_; }
  const target::Target& target() const { return *config_.target; }
  ObjectTable& objects() { return objects_; }
  // The target's BTF, sharing the target's lifetime; null if it has none. Parsed at the first call.
  std::shared_ptr<const btf::Btf> vmlinux() const;

 private:
  KernelConfig config_;
  ObjectTable objects_;
};

}  // namespace skep::sys
