// A lock on the stack.
// VERIFY reject EINVAL
// LOG arg#0 doesn't point to map value or allocated object
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_res_spin_lock l = {};
  if (bpf_res_spin_lock(&l)) return 0;
  bpf_res_spin_unlock(&l);
  return 0;
}
