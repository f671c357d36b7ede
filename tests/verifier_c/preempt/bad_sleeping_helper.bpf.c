// User memory is read with preemption off.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG sleepable helper bpf_copy_from_user#148 in non-preemptible region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  bpf_preempt_disable();
  bpf_copy_from_user(buffer, 8, 0);
  bpf_preempt_enable();
  return 0;
}
