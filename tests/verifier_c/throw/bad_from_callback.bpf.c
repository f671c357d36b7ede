// An exception is thrown from a callback.
// VERIFY reject EINVAL
// LOG bpf_throw kfunc (insn 9) cannot be called from callback subprog 1
#include "case.h"

static long body(u32 i, void* data) {
  bpf_throw(1);
  return 0;
}

SEC("tc")
int prog(struct __sk_buff* ctx) {
  bpf_loop(1, body, 0, 0);
  return 0;
}
