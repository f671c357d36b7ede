// The packet is read without asking how long it is.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int packet_never_checked(struct __sk_buff* skb) {
  struct ethhdr* eth = (void*)(long)skb->data;
  return eth->h_proto == bpf_htons(0x0806);
}
