// An iterator in a map.
// VERIFY reject EINVAL
// LOG arg#0 expected pointer to an iterator on stack
#include "case.h"

ARRAY(m, struct bpf_iter_num);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_iter_num* v = LOOKUP(m);
  if (!v) return 0;
  bpf_iter_num_new(v, 0, 3);
  bpf_iter_num_destroy(v);
  return 0;
}
