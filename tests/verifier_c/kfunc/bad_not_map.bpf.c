// A map is asked for, the context is given.
// VERIFY reject EINVAL
// LOG pointer in R2 isn't map pointer
#include "case.h"

struct val {
  struct bpf_wq wq;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_wq_init(&v->wq, ctx, 0);
  return 0;
}
