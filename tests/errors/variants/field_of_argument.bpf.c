// A kernel struct behind an argument of a kprobe.
// clang-format off
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/vfs_write")
int BPF_KPROBE(wrote, struct file *file) {
  unsigned int flags = file->f_flags;

  return flags & 1;
}
