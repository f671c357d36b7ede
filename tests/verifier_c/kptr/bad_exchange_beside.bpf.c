// What is exchanged lies beside the kptr.
// VERIFY reject EACCES
// LOG off=8 doesn't point to kptr
#include "case.h"

struct value {
  struct task_struct __kptr* task;
  u64 more;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) bpf_kptr_xchg(&v->more, 0);
  return 0;
}
