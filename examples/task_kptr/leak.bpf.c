// The same task, taken out and forgotten: the verifier does not let it pass.
// The kernel says: Unreleased reference
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

struct slot {
  struct task_struct __kptr* task;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct slot);
} kept SEC(".maps");

SEC("syscall")
int take(__u32* pid) {
  __u32 key = 0;
  struct slot* slot = bpf_map_lookup_elem(&kept, &key);
  if (!slot) return 0;
  struct task_struct* task = bpf_kptr_xchg(&slot->task, 0);
  if (!task) return 0;
  *pid = task->pid;
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
