// The same lock is taken twice.
// VERIFY reject EINVAL
// LOG Acquiring the same lock again, AA deadlock detected
#include "case.h"

struct val {
  struct bpf_res_spin_lock a;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  if (bpf_res_spin_lock(&v->a)) return 0;
  if (bpf_res_spin_lock(&v->a)) return 0;
  bpf_res_spin_unlock(&v->a);
  bpf_res_spin_unlock(&v->a);
  return 0;
}
