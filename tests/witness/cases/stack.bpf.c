// The stack: indexed too far, not aligned, not written.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u64);
  __type(value, __u64);
} hash SEC(".maps");

// found
SEC("xdp")
int index_too_large(struct xdp_md* ctx) {
  volatile __u8 table[16] = {};
  __u32 i = ctx->rx_queue_index;
  if (i > 16) return XDP_PASS;
  return table[i];
}

// found
SEC("xdp")
int not_aligned(struct xdp_md* ctx) {
  __u64 table[4] = {};
  __u32 i = ctx->rx_queue_index & 15;
  __u32 value;
  asm volatile("%0 = *(u32*)(%1 + 0)" : "=r"(value) : "r"((char*)table + i) : "memory");
  return value;
}

// no_such_input
SEC("xdp")
int aligned_by_a_square(struct xdp_md* ctx) {
  __u64 table[8] = {};
  __u64 i = bpf_get_prandom_u32();
  __u32 value;
  if (i * i > 16 || i < 4) return XDP_PASS;
  barrier_var(i);
  asm volatile("%0 = *(u32*)(%1 + 0)" : "=r"(value) : "r"((char*)table + (i & 31)) : "memory");
  return value;
}
