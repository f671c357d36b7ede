// An address that was read from somewhere is dereferenced.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/vfs_read")
int number_as_pointer(struct pt_regs* ctx) {
  struct file* file = (void*)ctx->di;
  return file->f_flags;
}
