// An interrupt state is saved by itself and restored by an unlock.
// VERIFY reject EINVAL
// LOG irq flag acquired by native kfuncs cannot be restored with lock kfuncs
#include "case.h"

struct val {
  struct bpf_res_spin_lock a;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  unsigned long f, g;
  bpf_local_irq_save(&f);
  if (!bpf_res_spin_lock_irqsave(&v->a, &g)) bpf_res_spin_unlock_irqrestore(&v->a, &f);
  bpf_local_irq_restore(&f);
  return 0;
}
