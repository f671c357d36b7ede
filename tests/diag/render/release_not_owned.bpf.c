// A task that the tracepoint only shows is put into a kptr: the reference must be one's own.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

extern void bpf_task_release(struct task_struct* task) __ksym;

struct kept {
  struct task_struct __kptr* task;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct kept);
} last SEC(".maps");

SEC("tp_btf/task_newtask")
int BPF_PROG(release_not_owned, struct task_struct* task, __u64 flags) {
  __u32 key = 0;
  struct kept* value = bpf_map_lookup_elem(&last, &key);
  if (!value) return 0;
  struct task_struct* old = bpf_kptr_xchg(&value->task, task);
  if (old) bpf_task_release(old);
  return 0;
}
