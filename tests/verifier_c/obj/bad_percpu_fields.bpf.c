// Per-CPU objects have no special fields.
// VERIFY reject EINVAL
// LOG bpf_percpu_obj_new type ID argument must not contain special fields
#include "case.h"

struct small {
  struct bpf_spin_lock lock;
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct small* s = PERCPU_NEW(struct small);
  if (s) bpf_percpu_obj_drop_impl(s, 0);
  return 0;
}
