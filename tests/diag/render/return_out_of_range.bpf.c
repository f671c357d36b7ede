// A program returns what its type does not allow.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/ingress")
int return_out_of_range(struct __sk_buff* skb) {
  if (skb->len > 1000) return 2;
  return 1;
}
