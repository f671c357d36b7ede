// How many bytes of the packet are wanted must be known.
// VERIFY reject EINVAL
// LOG R4 must be a known constant
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_dynptr d;
  char buffer[8];
  bpf_dynptr_from_skb((void*)ctx, 0, &d);
  bpf_dynptr_slice(&d, 0, buffer, ctx->len & 7);
  return 0;
}
