// Preemption is put on that never was off.
// VERIFY reject EINVAL
// LOG unmatched attempt to enable preemption (kernel function bpf_preempt_enable)
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_preempt_enable();
  return 0;
}
