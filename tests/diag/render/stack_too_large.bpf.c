// Local variables of a call chain need too much stack.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

static __noinline int inner(struct __sk_buff* skb) {
  volatile char block[400];
  block[skb->len & 255] = 1;
  return block[skb->mark & 255];
}

SEC("tc")
int stack_too_large(struct __sk_buff* skb) {
  volatile char block[300];
  block[skb->len & 255] = 1;
  return block[skb->mark & 255] + inner(skb);
}
