// A cast to a type that is no struct.
// VERIFY reject EINVAL
// LOG kfunc bpf_rdonly_cast type ID argument must be of a struct or void
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_rdonly_cast(ctx, 1);
  return 0;
}
