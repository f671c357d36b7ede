// A task on the stack.
// VERIFY reject EINVAL
// LOG arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  long x = 0;
  bpf_task_release((void*)&x);
  return 0;
}
