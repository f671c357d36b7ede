// The compiler found no meaning in the code and put a trap in.
// VERIFY reject EFAULT
// LOG unexpected __bpf_trap() due to uninitialized variable?
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  __bpf_trap();
  return 0;
}
