// A kptr that owns nothing is exchanged.
// VERIFY reject EACCES
// LOG off=0 kptr isn't referenced kptr
#include "case.h"

struct value {
  struct task_struct __kptr_untrusted* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) bpf_kptr_xchg(&v->task, 0);
  return 0;
}
