// The kernel function takes a number and is given a pointer.
// VERIFY reject EINVAL
// LOG R2 is not a scalar
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_iter_num it;
  bpf_iter_num_new(&it, (long)ctx, 3);
  bpf_iter_num_destroy(&it);
  return 0;
}
