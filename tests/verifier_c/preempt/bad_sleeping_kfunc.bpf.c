// A string is read from user memory with preemption off.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kernel func bpf_copy_from_user_str is sleepable within non-preemptible region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  bpf_preempt_disable();
  bpf_copy_from_user_str(buffer, 8, 0, 0);
  bpf_preempt_enable();
  return 0;
}
