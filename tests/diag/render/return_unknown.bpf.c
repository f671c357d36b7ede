// A program returns a number that it got from somewhere.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup_skb/ingress")
int return_unknown(struct __sk_buff* skb) { return skb->mark; }
