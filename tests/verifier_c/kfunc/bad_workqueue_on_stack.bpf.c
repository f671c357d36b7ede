// A work queue on the stack.
// VERIFY reject EINVAL
// LOG arg#0 doesn't point to a map value
#include "case.h"

ARRAY(m, long);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_wq w = {};
  bpf_wq_init(&w, &m, 0);
  return 0;
}
