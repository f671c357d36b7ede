// Per-CPU objects have up to 512 bytes.
// VERIFY reject EINVAL
// LOG bpf_percpu_obj_new type size (1024) is greater than 512
#include "case.h"

struct small {
  char data[1024];
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct small* s = PERCPU_NEW(struct small);
  if (s) bpf_percpu_obj_drop_impl(s, 0);
  return 0;
}
