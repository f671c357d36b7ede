// User memory is read inside an RCU section.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG sleepable helper bpf_copy_from_user#148 in rcu_read_lock region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  bpf_rcu_read_lock();
  bpf_copy_from_user(buffer, 8, 0);
  bpf_rcu_read_unlock();
  return 0;
}
