// The function that exceptions go to takes one number, not two.
// VERIFY reject EINVAL
// LOG Validating one() func#1...
// LOG exception cb only supports single integer argument
#include "case.h"

__attribute__((noinline)) int one(u64 c, u64 d) {
  USE(c);
  return 0;
}

SEC("tc")
EXCEPTION_CB(one)
int prog(struct __sk_buff* ctx) {
  bpf_throw(1);
  return 0;
}
