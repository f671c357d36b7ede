// A task that goes from one process' program to another's: `keep` takes it by its PID and puts it into a map, `take`
// gets it out, reads it and lets it go.
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

struct asked {
  __u32 pid;
  char comm[16];
};

extern struct task_struct* bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct* task) __ksym;

SEC("syscall")
int keep(struct asked* r) {
  __u32 key = 0;
  struct slot* slot = bpf_map_lookup_elem(&kept, &key);
  if (!slot) return 0;
  struct task_struct* task = bpf_task_from_pid(r->pid);
  if (!task) return 0;
  task = bpf_kptr_xchg(&slot->task, task);
  if (task) bpf_task_release(task);
  return 1;
}

SEC("syscall")
int take(struct asked* r) {
  __u32 key = 0;
  struct slot* slot = bpf_map_lookup_elem(&kept, &key);
  if (!slot) return 0;
  struct task_struct* task = bpf_kptr_xchg(&slot->task, 0);
  if (!task) return 0;
  r->pid = task->pid;
  for (int i = 0; i < 16; i++) r->comm[i] = task->comm[i];
  bpf_task_release(task);
  return 1;
}

char LICENSE[] SEC("license") = "GPL";
