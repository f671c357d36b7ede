// The test is on another look-up than the one that is used.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct flow {
  __u32 id;
  __u64 cnt;
  __u8 data[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct flow);
} flows SEC(".maps");

SEC("xdp")
int null_second_lookup(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index;
  if (!bpf_map_lookup_elem(&flows, &key)) return XDP_DROP;
  struct flow* f = bpf_map_lookup_elem(&flows, &key);
  f->cnt = 1;
  return XDP_PASS;
}
