// A socket that was looked up is never given back.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int leak_socket(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple = {};
  struct bpf_sock* sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
  if (!sk) return 0;
  return sk->family;
}
