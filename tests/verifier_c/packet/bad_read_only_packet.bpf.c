// The packet is to be changed by a program that may only look at it.
// VERIFY reject EINVAL
// LOG the prog does not allow writes to packet data
#include "case.h"

SEC("cgroup_skb/ingress")
int prog(struct __sk_buff* ctx) {
  struct bpf_dynptr packet;
  char buffer[8];
  bpf_dynptr_from_skb(ctx, 0, &packet);
  bpf_dynptr_slice_rdwr(&packet, 0, buffer, sizeof(buffer));
  return 0;
}
