// The RCU section ends before the walk over the tasks does.
// VERIFY reject EPROTO
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG expected an RCU CS when using bpf_iter_task_next
#include "case.h"

SEC("syscall")
int prog(void* ctx) {
  struct bpf_iter_task it;
  bpf_rcu_read_lock();
  bpf_iter_task_new(&it, 0, 0);
  bpf_rcu_read_unlock();
  bpf_iter_task_next(&it);
  bpf_iter_task_destroy(&it);
  return 0;
}
