// A reference to something that is no object of ours.
// VERIFY reject EINVAL
// LOG arg#0 is neither owning or non-owning ref
#include "case.h"

struct val {
  long data;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_refcount_acquire_impl(v, 0);
  return 0;
}
