// An ordinary object is dropped as if it were per CPU.
// VERIFY reject EINVAL
// LOG arg#0 expected for bpf_obj_drop_impl()
#include "case.h"

struct small {
  long data;
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct small* s = NEW(struct small);
  if (!s) return 0;
  bpf_percpu_obj_drop_impl(s, 0);
  return 0;
}
