// Where an interrupt state is saved, another is saved.
// VERIFY reject EINVAL
// LOG expected uninitialized irq flag as arg#0
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  unsigned long f;
  bpf_local_irq_save(&f);
  bpf_local_irq_save(&f);
  bpf_local_irq_restore(&f);
  return 0;
}
