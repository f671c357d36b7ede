// An RCU section ends that never began.
// VERIFY reject EINVAL
// LOG unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_rcu_read_unlock();
  return 0;
}
