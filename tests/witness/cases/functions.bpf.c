// Functions: the program's own, and their arguments.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u8 bytes[16];

__noinline int any_number(int x) { return x * 3; }

// not_decided function
SEC("xdp")
int result_of_a_global_function(struct xdp_md* ctx) {
  bytes[(__u32)any_number(1)] = 1;
  return XDP_PASS;
}

static __noinline int put(__u64 i, __u64 limit) {
  if (i >= limit) return 0;
  bytes[i] = 1;
  return 1;
}

// found
SEC("xdp")
int limit_too_large(struct xdp_md* ctx) { return put(ctx->rx_queue_index, 17); }

// no_such_input
SEC("xdp")
int two_parts_of_the_limit(struct xdp_md* ctx) {
  __u64 limit = bpf_get_prandom_u32() & 15, i = bpf_get_prandom_u32();
  if (i > limit) return XDP_PASS;
  __u64 rest = limit - i;
  barrier_var(rest);
  return put(i + rest, 1000);
}

__noinline int takes_an_index(__u32 i) {
  bytes[i] = 1;
  return 0;
}

// found
SEC("xdp")
int argument_of_a_global_function(struct xdp_md* ctx) { return takes_an_index(3); }
