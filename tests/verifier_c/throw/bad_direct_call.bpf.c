// The function that exceptions go to is called directly.
// VERIFY reject EINVAL
// LOG insn 1 cannot call exception cb directly
#include "case.h"

__attribute__((noinline)) int one(u64 c) {
  USE(c);
  return 0;
}

SEC("tc")
EXCEPTION_CB(one)
int prog(struct __sk_buff* ctx) {
  bpf_throw(one(ctx->len));
  return 0;
}
