// Per-CPU objects hold only numbers.
// VERIFY reject EINVAL
// LOG bpf_percpu_obj_new type ID argument must be of a struct of scalars
#include "case.h"

struct small {
  void* data;
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct small* s = PERCPU_NEW(struct small);
  if (s) bpf_percpu_obj_drop_impl(s, 0);
  return 0;
}
