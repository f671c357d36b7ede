// The program ends with interrupts off.
// VERIFY reject EINVAL
// LOG BPF_EXIT instruction in main prog cannot be used inside bpf_local_irq_save-ed region
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  unsigned long flags;
  bpf_local_irq_save(&flags);
  return 0;
}
