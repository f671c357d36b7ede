// A kernel function of other program types.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG calling kernel function bpf_task_from_pid is not allowed
#include "case.h"

SEC("raw_tp")
int prog(void* ctx) {
  bpf_task_from_pid(1);
  return 0;
}
