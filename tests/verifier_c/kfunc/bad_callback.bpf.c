// A number is given where a callback is asked for.
// VERIFY reject EINVAL
// LOG arg1 expected pointer to func
#include "case.h"

struct val {
  struct bpf_wq wq;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_wq_set_callback_impl(&v->wq, (void*)1, 0, 0);
  return 0;
}
