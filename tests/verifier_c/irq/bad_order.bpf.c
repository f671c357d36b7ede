// Two interrupt states are restored in the order in which they were saved.
// VERIFY reject EACCES
// LOG cannot restore irq state out of order, expected id=2 acquired at insn_idx=7
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  unsigned long f, g;
  bpf_local_irq_save(&f);
  bpf_local_irq_save(&g);
  bpf_local_irq_restore(&f);
  bpf_local_irq_restore(&g);
  return 0;
}
