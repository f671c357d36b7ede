// An index into a global array of 8-byte elements.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 slots[32];

SEC("xdp")
int index_global_array(struct xdp_md* ctx) {
  __u32 i = ctx->rx_queue_index;
  if (i > 64) return XDP_PASS;
  return slots[i] ? XDP_PASS : XDP_DROP;
}
