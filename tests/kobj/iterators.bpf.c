// Iterators over numbers, bits, tasks and cgroups.
// RUN numbers=10 -> 45
// RUN numbers=0 -> 0
// RUN backward -> -22
// RUN too_many -> -7
// RUN bits -> 79
// RUN no_bits -> -22
// RUN threads -> 1
// RUN processes -> 1
// RUN cgroups -> 1
#include "kobj.h"

SEC("syscall")
int numbers(struct number* n) {
  int i, sum = 0;
  bpf_for(i, 0, n->value) {
    if (i < 100) sum += i;
  }
  return sum;
}

SEC("syscall")
int backward(struct number* n) {
  struct bpf_iter_num it;
  const int error = bpf_iter_num_new(&it, 5, 4);
  const bool any = bpf_iter_num_next(&it) != 0;
  bpf_iter_num_destroy(&it);
  return any ? 1 : error;
}

SEC("syscall")
int too_many(struct number* n) {
  struct bpf_iter_num it;
  const int error = bpf_iter_num_new(&it, 0, 8 * 1024 * 1024 + 1);
  bpf_iter_num_destroy(&it);
  return error;
}

SEC("syscall")
int bits(struct number* n) {
  const u64 words[2] = {1 << 3 | 1 << 5, 1 << 7};
  int sum = 0, *bit;
  bpf_for_each(bits, bit, words, 2) sum += *bit;
  return sum;
}

SEC("syscall")
int no_bits(struct number* n) {
  const u64 word = 1;
  struct bpf_iter_bits it;
  const int error = bpf_iter_bits_new(&it, &word, 0);
  const bool any = bpf_iter_bits_next(&it) != 0;
  bpf_iter_bits_destroy(&it);
  return any ? 1 : error;
}

SEC("syscall")
int threads(struct number* n) {
  struct task_struct *task = bpf_task_from_pid(n->value), *at;
  int count = 0;
  if (!task) return -1;
  bpf_rcu_read_lock();
  bpf_for_each(task, at, task, 2) count += at->tgid == n->value;
  bpf_rcu_read_unlock();
  bpf_task_release(task);
  return count;
}

SEC("syscall")
int processes(struct number* n) {
  struct task_struct* at;
  int found = 0;
  bpf_rcu_read_lock();
  bpf_for_each(task, at, (struct task_struct*)0, 0) {
    found = at->pid == n->value;
    if (found) break;
  }
  bpf_rcu_read_unlock();
  return found;
}

SEC("syscall")
int cgroups(struct number* n) {
  struct cgroup* root = bpf_cgroup_from_id(1);
  struct cgroup_subsys_state* at;
  int first = 0;
  if (!root) return -1;
  bpf_rcu_read_lock();
  bpf_for_each(css, at, &root->self, 2) {
    first = at->cgroup == root;
    break;
  }
  bpf_rcu_read_unlock();
  bpf_cgroup_release(root);
  return first;
}
