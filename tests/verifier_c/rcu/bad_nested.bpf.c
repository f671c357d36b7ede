// Two RCU sections, one in the other.
// VERIFY reject EINVAL
// LOG nested rcu read lock (kernel function bpf_rcu_read_lock)
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_rcu_read_lock();
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  bpf_rcu_read_unlock();
  return 0;
}
