// The tasks are walked outside an RCU section.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kernel func bpf_iter_task_new requires RCU critical section protection
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  struct bpf_iter_task it;
  bpf_iter_task_new(&it, 0, 0);
  bpf_iter_task_destroy(&it);
  return 0;
}
