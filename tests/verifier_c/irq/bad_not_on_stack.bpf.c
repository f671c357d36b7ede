// The interrupt state is to be saved in a map.
// VERIFY reject EINVAL
// LOG arg#0 doesn't point to an irq flag on stack
#include "case.h"

ARRAY(m, unsigned long);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  unsigned long* v = LOOKUP(m);
  if (!v) return 0;
  bpf_local_irq_save(v);
  bpf_local_irq_restore(v);
  return 0;
}
