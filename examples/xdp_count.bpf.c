// Count the packets of each protocol (TCP, UDP, ICMP...) as they arrive from the network card, before the kernel
// itself looks at them.
//
// XDP programs get the raw packet: ctx->data is its first byte, ctx->data_end the one after its last. The verifier lets
// a program read a byte only where it has just compared with data_end.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#define ETH_P_IP 0x0800  // macros are not in BTF, so not in vmlinux.h either

char LICENSE[] SEC("license") = "GPL";

// A map is memory that programs and user space share. This one is an array: a counter for each protocol number.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 256);
  __type(key, __u32);
  __type(value, __u64);
} packets SEC(".maps");

// A global function: the verifier checks it once, by itself, for any argument, and at a call looks at its types only.
// A static one would be checked again for each caller.
__noinline int count_packet(__u32 protocol) {
  __u64* counter = bpf_map_lookup_elem(&packets, &protocol);
  if (!counter)  // there is no such key; without this test the verifier says no (see bad_no_null_check.bpf.c)
    return 0;
  __sync_fetch_and_add(counter, 1);  // other CPUs count too
  return 1;
}

SEC("xdp")
int xdp_count(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* data_end = (void*)(long)ctx->data_end;

  struct ethhdr* eth = data;
  if ((void*)(eth + 1) > data_end) return XDP_PASS;
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;

  struct iphdr* ip = (void*)(eth + 1);
  if ((void*)(ip + 1) > data_end) return XDP_PASS;

  count_packet(ip->protocol);
  return XDP_PASS;
}
