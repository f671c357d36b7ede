// A pointer that was followed is not a trusted one.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

struct task_struct* bpf_task_acquire(struct task_struct* p) __ksym;
void bpf_task_release(struct task_struct* p) __ksym;

SEC("tp_btf/task_newtask")
int BPF_PROG(kfunc_not_trusted, struct task_struct* task, __u64 clone_flags) {
  struct task_struct* leader = bpf_task_acquire(task->group_leader->last_wakee);
  if (leader) bpf_task_release(leader);
  return 0;
}
