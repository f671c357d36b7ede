// A string is read from user memory inside an RCU section.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kernel func bpf_copy_from_user_str is sleepable within rcu_read_lock region
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  char buffer[8];
  bpf_rcu_read_lock();
  bpf_copy_from_user_str(buffer, 8, 0, 0);
  bpf_rcu_read_unlock();
  return 0;
}
