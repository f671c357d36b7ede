// The length of a header comes from the packet, and the pointer behind it is not checked.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int packet_variable_header(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* data_end = (void*)(long)ctx->data_end;
  struct iphdr* ip = data;
  if ((void*)(ip + 1) > data_end) return XDP_PASS;
  __u32 len = ip->ihl * 4;
  struct tcphdr* tcp = (void*)ip + len;
  return tcp->dest == bpf_htons(80) ? XDP_DROP : XDP_PASS;
}
