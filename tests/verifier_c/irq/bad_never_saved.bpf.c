// An interrupt state is restored that was never saved.
// VERIFY reject EINVAL
// LOG expected an initialized irq flag as arg#0
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  unsigned long f = 0;
  bpf_local_irq_restore(&f);
  return 0;
}
