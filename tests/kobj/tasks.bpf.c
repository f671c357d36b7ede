// A task by its PID: what its image says.
// RUN pid_of -> 1
// RUN nobody=0 -> 1
// RUN nobody=-1 -> 1
// RUN nobody=4194305 -> 1
// RUN chain -> 1
// RUN cred -> 0
// RUN twice -> 1
// RUN current -> 1
// RUN init=1 -> 1
#include "kobj.h"

SEC("syscall")
int pid_of(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return 0;
  const bool same = task->pid == n->value && task->tgid == n->value && task->thread_pid->numbers[0].nr == n->value &&
                    task->mm && task->start_boottime && task->static_prio >= 100 && task->static_prio < 140 &&
                    task->comm[0] == 'k' && task->comm[1] == 'o';
  bpf_task_release(task);
  return same;
}

SEC("syscall")
int nobody(struct number* n) {
  struct task_struct* task = bpf_task_from_vpid(n->value);
  if (!task) return 1;
  bpf_task_release(task);
  return 0;
}

// Parents up to PID 0, which is its own.
SEC("syscall")
int chain(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(n->value);
  int result = -1;
  if (!task) return -1;
  struct task_struct* at = task;
  bpf_rcu_read_lock();
  for (int i = 0; i < 64 && at; i++) {
    if (at->pid == 0) {
      result = at->real_parent == at && at->group_leader == at;
      break;
    }
    at = at->real_parent;
  }
  bpf_rcu_read_unlock();
  bpf_task_release(task);
  return result;
}

SEC("syscall")
int cred(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return -1;
  const int uid = task->cred->euid.val;
  bpf_task_release(task);
  return uid;
}

SEC("syscall")
int twice(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(n->value);
  if (!task) return -1;
  struct task_struct* again = bpf_task_acquire(task);
  bpf_task_release(task);
  if (!again) return -2;
  const bool same = again->pid == n->value;
  bpf_task_release(again);
  return same;
}

SEC("syscall")
int current(struct number* n) {
  struct task_struct* task = bpf_get_current_task_btf();
  return task->tgid == n->value && task->group_leader->pid == n->value;
}

SEC("syscall")
int init(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(1);
  if (!task) return -1;
  const bool good = task->pid == 1 && task->real_parent->pid == 0;
  bpf_task_release(task);
  return good;
}
