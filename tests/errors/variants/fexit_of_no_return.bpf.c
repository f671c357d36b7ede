// Functions that never return have no end.
// clang-format off
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

SEC("fexit/do_exit")
int BPF_PROG(ended, long code) {
  bpf_printk("%ld", code);
  return 0;
}
