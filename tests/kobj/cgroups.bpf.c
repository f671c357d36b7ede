// Cgroups: the root, the one a task is in, and what is above it.
// RUN root -> 1
// RUN nobody=9999999999 -> 1
// RUN of_task -> 1
// RUN ancestors -> 1
// RUN below_itself -> 1
#include "kobj.h"

SEC("syscall")
int root(struct number* n) {
  struct cgroup* cgroup = bpf_cgroup_from_id(1);
  if (!cgroup) return -1;
  const bool good = cgroup->level == 0 && cgroup->kn->id == 1 && cgroup->self.cgroup == cgroup;
  bpf_cgroup_release(cgroup);
  return good;
}

SEC("syscall")
int nobody(struct number* n) {
  struct cgroup* cgroup = bpf_cgroup_from_id(n->value);
  if (!cgroup) return 1;
  bpf_cgroup_release(cgroup);
  return 0;
}

// By its id the task's cgroup is the same object.
SEC("syscall")
int of_task(struct number* n) {
  struct task_struct* task = bpf_task_from_pid(n->value);
  int result = -1;
  if (!task) return -1;
  const u64 id = task->cgroups->dfl_cgrp->kn->id;
  struct cgroup* cgroup = bpf_cgroup_from_id(id);
  if (cgroup) {
    result = task->cgroups->dfl_cgrp == cgroup && bpf_task_under_cgroup(task, cgroup);
    bpf_cgroup_release(cgroup);
  }
  bpf_task_release(task);
  return result;
}

SEC("syscall")
int ancestors(struct number* n) {
  struct cgroup* cgroup = bpf_cgroup_from_id(1);
  if (!cgroup) return -1;
  struct cgroup *self = bpf_cgroup_ancestor(cgroup, 0), *below = bpf_cgroup_ancestor(cgroup, 1);
  const bool good = self == cgroup && !below;
  if (self) bpf_cgroup_release(self);
  if (below) bpf_cgroup_release(below);
  bpf_cgroup_release(cgroup);
  return good;
}

SEC("syscall")
int below_itself(struct number* n) {
  struct cgroup* cgroup = bpf_cgroup_from_id(1);
  struct task_struct* task = bpf_task_from_pid(1);
  const int under = cgroup && task ? bpf_task_under_cgroup(task, cgroup) : -1;
  if (cgroup) bpf_cgroup_release(cgroup);
  if (task) bpf_task_release(task);
  return under;
}
