// A helper writes over a kptr.
// VERIFY reject EACCES
// LOG kptr cannot be accessed indirectly by helper
#include "case.h"

struct value {
  struct task_struct __kptr* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) bpf_skb_load_bytes(ctx, 0, v, sizeof(*v));
  return 0;
}
