// Rejected: a global function that returns nothing.
//
// The verifier checks a global function by itself and promises its callers a number in R0. A function that returns void
// has none to give. Cures: return an int, or make the function static, so that it is checked as part of its callers.
//
// The kernel says: Global function count_packet() doesn't return scalar. Only those are supported.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 packets = 0;  // a global variable: libbpf makes a map of it

__noinline void count_packet(void) { __sync_fetch_and_add(&packets, 1); }

SEC("xdp")
int bad_global_void(struct xdp_md* ctx) {
  count_packet();
  return XDP_PASS;
}
