// A kptr that owns a task is overwritten without an exchange.
// VERIFY reject EACCES
// LOG store to referenced kptr disallowed
#include "case.h"

struct value {
  struct task_struct __kptr* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  struct task_struct* t = bpf_task_from_pid(1);
  if (!t) return 0;
  if (v) *(volatile u64*)&v->task = (u64)t;
  bpf_task_release(t);
  return 0;
}
