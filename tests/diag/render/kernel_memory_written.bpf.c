// A kernel struct is written.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/task_newtask")
int BPF_PROG(kernel_memory_written, struct task_struct* task, __u64 clone_flags) {
  task->pid = 1;
  return 0;
}
