// Pointers and registers, in assembly where a compiler would not write it.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u8 bytes[64];

// found
SEC("xdp")
__attribute__((naked)) int register_never_written(void) { asm volatile("r0 = r2; exit;"); }

// found
SEC("xdp")
__attribute__((naked)) int number_as_address(void) {
  asm volatile("r1 = *(u32*)(r1 + 16); r0 = *(u8*)(r1 + 0); exit;");
}

// found
SEC("xdp")
int pointer_moved_too_far(struct xdp_md* ctx) {
  char* at = (char*)bytes;
  __s64 by = (__s64)bpf_ktime_get_ns();
  asm volatile("%0 += %1" : "+r"(at) : "r"(by));
  return *at;
}

// The upper half is 0 after a 32-bit operation; a shift there and back says the same.
// found
SEC("xdp")
int sign_of_the_lower_half(struct xdp_md* ctx) {
  __s32 i = (__s32)ctx->rx_queue_index;
  if (i >= 64) return XDP_PASS;
  return bytes[(__s64)i];
}

// no_such_input
SEC("xdp")
int difference_of_bits(struct xdp_md* ctx) {
  __u64 a = bpf_get_prandom_u32(), b = bpf_get_prandom_u32();
  if ((a ^ b) > 63) return XDP_PASS;
  barrier_var(a);
  return bytes[a ^ b];
}

// found
SEC("xdp")
int difference_of_bits_too_large(struct xdp_md* ctx) {
  __u64 a = bpf_get_prandom_u32(), b = bpf_get_prandom_u32();
  if ((a ^ b) > 64) return XDP_PASS;
  barrier_var(a);
  return bytes[a ^ b];
}

// no_such_input
SEC("xdp")
int either_bit(struct xdp_md* ctx) {
  __u64 a = bpf_get_prandom_u32(), b = a ^ 1;
  barrier_var(b);
  return bytes[((a & 1) + (b & 1)) * 63];
}
