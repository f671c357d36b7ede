// A cast to a type number that the kernel does not have.
// VERIFY reject EINVAL
// LOG Unknown type ID 99999999 passed to kfunc bpf_rdonly_cast
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_rdonly_cast(ctx, 99999999);
  return 0;
}
