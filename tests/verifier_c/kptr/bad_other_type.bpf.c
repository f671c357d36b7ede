// A task is stored where a cgroup belongs.
// VERIFY reject EACCES
// LOG invalid kptr access, R0 type=ptr_task_struct expected=ptr_cgroup or untrusted_ptr_cgroup
#include "case.h"

struct value {
  struct cgroup __kptr_untrusted* group;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  struct task_struct* t = bpf_task_from_pid(1);
  if (!t) return 0;
  if (v) v->group = (void*)t;
  bpf_task_release(t);
  return 0;
}
