// Kptrs alone in a hash table's elements, which any object may use: nothing ties the map to the types of one.
// RUN keep -> 0
// RUN look -> 1
// RUN keep -> 1
// RUN zero
// RUN look -> -1
// RUN keep -> 0
// RUN delete
// RUN take -> -1
#include "kobj.h"

struct value {
  struct task_struct __kptr* task;
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, struct value);
} kept SEC(".maps");

// Says whether another one was there.
SEC("syscall")
int keep(struct number* n) {
  static const struct value zero;
  u32 key = 0;
  struct value* v = bpf_map_lookup_elem(&kept, &key);
  if (!v) {
    bpf_map_update_elem(&kept, &key, &zero, BPF_NOEXIST);
    v = bpf_map_lookup_elem(&kept, &key);
  }
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return -2;
  if (!v) {
    bpf_task_release(task);
    return -1;
  }
  task = bpf_kptr_xchg(&v->task, task);
  if (!task) return 0;
  bpf_task_release(task);
  return 1;
}

SEC("syscall")
int look(struct number* n) {
  u32 key = 0;
  struct value* v = bpf_map_lookup_elem(&kept, &key);
  int same = -1;
  if (!v) return -1;
  bpf_rcu_read_lock();
  struct task_struct* task = v->task;
  if (task) same = task->pid == n->value;
  bpf_rcu_read_unlock();
  return same;
}

SEC("syscall")
int take(struct number* n) {
  u32 key = 0;
  struct value* v = bpf_map_lookup_elem(&kept, &key);
  if (!v) return -1;
  struct task_struct* task = bpf_kptr_xchg(&v->task, 0);
  if (!task) return 0;
  const int pid = task->pid;
  bpf_task_release(task);
  return pid;
}
