// Two locks are given back in the order in which they were taken.
// VERIFY reject EINVAL
// LOG bpf_res_spin_unlock cannot be out of order
#include "case.h"

struct val {
  struct bpf_res_spin_lock a;
};
ARRAY(m, struct val);
struct val2 {
  struct bpf_res_spin_lock b;
};
ARRAY(n, struct val2);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  struct val2* w = LOOKUP(n);
  if (!w) return 0;
  if (bpf_res_spin_lock(&v->a)) return 0;
  if (!bpf_res_spin_lock(&w->b)) bpf_res_spin_unlock(&v->a);
  bpf_res_spin_unlock(&w->b);
  return 0;
}
