// A task is handed over where a cgroup is asked for.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kernel function bpf_cgroup_release args#0 expected pointer to STRUCT cgroup but R1 has a pointer to STRUCT task_struct
#include "case.h"

SEC("tp")
int prog(void* ctx) {
  struct task_struct* t = bpf_get_current_task_btf();
  t = bpf_task_acquire(t);
  if (t) bpf_cgroup_release((void*)t);
  return 0;
}
