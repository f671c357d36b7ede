// A map value is dropped.
// VERIFY reject EINVAL
// LOG R1 must be referenced or trusted
#include "case.h"

struct val {
  long data;
};
ARRAY(m, struct val);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct val* v = LOOKUP(m);
  if (!v) return 0;
  bpf_obj_drop_impl(v, 0);
  return 0;
}
