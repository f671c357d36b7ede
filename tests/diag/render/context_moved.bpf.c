// The context is accessed through a pointer that was moved.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int context_moved(struct __sk_buff* skb) {
  __u32* word = (void*)skb + (skb->len & 4);
  return *word;
}
