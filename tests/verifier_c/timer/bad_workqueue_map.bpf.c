// A work queue of one map is to be made one of another.
// VERIFY reject EINVAL
// LOG workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0
#include "case.h"

struct val {
  struct bpf_wq wq;
};
ARRAY(m, struct val);
ARRAY(n, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_wq_init(&v->wq, &n, 0);
  return 0;
}
