// The program ends inside an RCU section.
// VERIFY reject EINVAL
// LOG BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_rcu_read_lock();
  return 0;
}
