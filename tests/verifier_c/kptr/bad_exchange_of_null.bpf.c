// What goes into the kptr may be null.
// VERIFY reject EACCES
// LOG Possibly NULL pointer passed to helper arg2
#include "case.h"

struct value {
  struct task_struct __kptr* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (!v) return 0;
  struct task_struct* t = bpf_task_from_pid(1);
  t = bpf_kptr_xchg(&v->task, t);
  if (t) bpf_task_release(t);
  return 0;
}
