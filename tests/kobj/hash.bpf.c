// Kptrs, lists and trees in a hash table's elements: deleted, replaced, evicted with the map.
// RUN keep -> 0
// RUN delete
// RUN look -> -1
// RUN keep -> 0
// RUN keep -> 1
// RUN zero
// RUN look -> -1
// RUN keep -> 0
// RUN delete
#include "kobj.h"

struct node {
  struct bpf_list_node list;
  struct task_struct __kptr* task;
};
struct value {
  struct task_struct __kptr* task;
  struct bpf_spin_lock lock;
  struct bpf_list_head head CONTAINS(node, list);
};
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __type(key, u32);
  __type(value, struct value);
} kept SEC(".maps");

static int push_task(struct value* v, int pid) {
  struct node* fresh = NEW(struct node);
  if (!fresh) return -1;
  struct task_struct* task = bpf_task_from_pid(pid);
  if (task) task = bpf_kptr_xchg(&fresh->task, task);
  if (task) bpf_task_release(task);
  bpf_spin_lock(&v->lock);
  bpf_list_push_back_impl(&v->head, &fresh->list, 0, 0);
  bpf_spin_unlock(&v->lock);
  return 0;
}

SEC("syscall")
int keep(struct number* n) {
  static const struct value zero;
  u32 key = 0;
  struct value* v = bpf_map_lookup_elem(&kept, &key);
  if (!v) {
    bpf_map_update_elem(&kept, &key, &zero, BPF_NOEXIST);
    v = bpf_map_lookup_elem(&kept, &key);
  }
  if (!v || push_task(v, n->value)) return -1;
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return -2;
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
