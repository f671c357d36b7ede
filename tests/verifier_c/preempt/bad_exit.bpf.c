// The program ends with preemption off.
// VERIFY reject EINVAL
// LOG BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_preempt_disable();
  return 0;
}
