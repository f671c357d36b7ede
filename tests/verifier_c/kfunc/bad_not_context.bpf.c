// A kernel function that takes the context gets the stack.
// VERIFY reject EINVAL
// LOG arg#0 expected pointer to ctx, but got fp
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_dynptr packet;
  long x = 0;
  bpf_dynptr_from_skb((void*)&x, 0, &packet);
  return 0;
}
