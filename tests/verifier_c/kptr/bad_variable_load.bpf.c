// A kptr is read at a place that is not known.
// VERIFY reject EACCES
// LOG kptr access cannot have variable offset
#include "case.h"

struct value {
  struct task_struct __kptr* tasks[2];
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) USE(v->tasks[bpf_get_prandom_u32() & 1]);
  return 0;
}
