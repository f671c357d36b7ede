// A map is asked for, one of its values is given.
// VERIFY reject EINVAL
// LOG arg#1 is map_value expected map_value or socket
#include "case.h"

struct val {
  struct bpf_wq wq;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_wq_init(&v->wq, v, 0);
  return 0;
}
