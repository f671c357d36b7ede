// A header is read, and only the one before it was checked.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int packet_no_check(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* data_end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > data_end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(0x0800)) return XDP_PASS;
  struct iphdr* ip = (void*)(eth + 1);
  return ip->protocol == 6 ? XDP_DROP : XDP_PASS;
}
