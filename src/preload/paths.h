// Places in the file system that belong to BPF, and where they are for a program under `skep exec`.
#pragma once

#include <climits>

namespace skep::preload {

// /sys/fs/bpf and below lie in the namespace's folder of pins, /sys/kernel/btf/vmlinux is the target's. Any other path
// is itself.
class Place {
 public:
  explicit Place(const char* path);
  // The path to use; `path` itself, or a text that lives as long as this object.
  const char* path() const { return path_; }
  bool is_bpffs() const { return is_bpffs_; }

 private:
  const char* path_;
  bool is_bpffs_ = false;
  char text_[PATH_MAX];
};

}  // namespace skep::preload
