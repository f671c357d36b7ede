// Kptrs in a map: exchanged, read in place, let go by the map's update; objects that hold kptrs.
// RUN keep -> 0
// RUN keep -> 1
// RUN look -> 1
// RUN take -> 1
// RUN take -> 0
// RUN keep -> 0
// RUN zero
// RUN take -> 0
// RUN nested -> 1
// RUN percpu -> 1
#include "kobj.h"

struct box {
  struct task_struct __kptr* task;
};
struct counter {
  u64 count;
};
struct value {
  struct task_struct __kptr* task;
  struct box __kptr* box;
  struct counter __percpu_kptr* counters;
};
ARRAY(kept, struct value);

// Says whether another one was there.
SEC("syscall")
int keep(struct number* n) {
  struct value* v = LOOKUP(kept);
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return -1;
  if (!v) {
    bpf_task_release(task);
    return -2;
  }
  struct task_struct* before = bpf_kptr_xchg(&v->task, task);
  if (!before) return 0;
  bpf_task_release(before);
  return 1;
}

SEC("syscall")
int look(struct number* n) {
  struct value* v = LOOKUP(kept);
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
  struct value* v = LOOKUP(kept);
  if (!v) return -1;
  struct task_struct* task = bpf_kptr_xchg(&v->task, 0);
  if (!task) return 0;
  const bool same = task->pid == n->value;
  bpf_task_release(task);
  return same;
}

// An object with a task in it goes into the map and comes out.
SEC("syscall")
int nested(struct number* n) {
  struct value* v = LOOKUP(kept);
  struct box* box = NEW(struct box);
  if (!box) return -1;
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (task) {
    task = bpf_kptr_xchg(&box->task, task);
    if (task) bpf_task_release(task);
  }
  if (!v) {
    DROP(box);
    return -2;
  }
  box = bpf_kptr_xchg(&v->box, box);
  if (box) DROP(box);
  box = bpf_kptr_xchg(&v->box, 0);
  if (!box) return -3;
  task = bpf_kptr_xchg(&box->task, 0);
  const bool same = task && task->pid == n->value;
  if (task) task = bpf_kptr_xchg(&box->task, task);
  if (task) bpf_task_release(task);
  DROP(box);
  return same;
}

SEC("syscall")
int percpu(struct number* n) {
  struct value* v = LOOKUP(kept);
  struct counter* fresh = PERCPU_NEW(struct counter);
  if (!fresh) return -1;
  if (!v) {
    bpf_percpu_obj_drop_impl(fresh, 0);
    return -2;
  }
  fresh = bpf_kptr_xchg(&v->counters, fresh);
  if (fresh) bpf_percpu_obj_drop_impl(fresh, 0);
  int good = -3;
  bpf_rcu_read_lock();
  struct counter* counters = v->counters;
  if (counters) {
    struct counter* mine = bpf_this_cpu_ptr(counters);
    mine->count += 41;
    mine->count += 1;
    struct counter* zero = bpf_per_cpu_ptr(counters, 0);
    good = mine->count == 42 && zero && !bpf_per_cpu_ptr(counters, 1 << 20);
  }
  bpf_rcu_read_unlock();
  return good;
}
