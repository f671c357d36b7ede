// A task is released by an address that nobody vouches for.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG R1 must be referenced or trusted
#include "case.h"

SEC("tp")
int prog(void* ctx) {
  struct task_struct* t = bpf_rdonly_cast((void*)bpf_get_current_task(), bpf_core_type_id_kernel(struct task_struct));
  bpf_task_release(t);
  return 0;
}
