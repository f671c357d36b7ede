// CPU masks of the program's own and of a task.
// RUN own -> 1
// RUN all -> 1
// RUN of_task -> 1
#include "kobj.h"

SEC("syscall")
int own(struct number* n) {
  struct bpf_cpumask* mask = bpf_cpumask_create();
  if (!mask) return -1;
  bpf_cpumask_set_cpu(0, mask);
  bpf_cpumask_set_cpu(100000, mask);
  const struct cpumask* bits = (const struct cpumask*)mask;
  bool good = bpf_cpumask_first(bits) == 0 && bpf_cpumask_weight(bits) == 1 && bpf_cpumask_first_zero(bits) == 1;
  good = good && bpf_cpumask_test_and_clear_cpu(0, mask) && bpf_cpumask_weight(bits) == 0;
  bpf_cpumask_release(mask);
  return good;
}

SEC("syscall")
int all(struct number* n) {
  struct bpf_cpumask* mask = bpf_cpumask_create();
  if (!mask) return -1;
  bpf_cpumask_setall(mask);
  const struct cpumask* bits = (const struct cpumask*)mask;
  const bool good = bpf_cpumask_full(bits) && bpf_cpumask_first_zero(bits) == bpf_cpumask_weight(bits);
  bpf_cpumask_release(mask);
  return good;
}

SEC("syscall")
int of_task(struct number* n) {
  struct bpf_cpumask* mask = bpf_cpumask_create();
  struct task_struct* task = bpf_task_from_pid(n->value);
  int good = -1;
  if (mask && task) {
    bpf_cpumask_setall(mask);
    bpf_rcu_read_lock();
    good = bpf_cpumask_weight(task->cpus_ptr) >= 1 && bpf_cpumask_subset(task->cpus_ptr, (const struct cpumask*)mask);
    bpf_rcu_read_unlock();
  }
  if (mask) bpf_cpumask_release(mask);
  if (task) bpf_task_release(task);
  return good;
}
