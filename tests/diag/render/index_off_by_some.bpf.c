// An index is compared with the wrong number.
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
int index_off_by_some(struct xdp_md* ctx) {
  __u32 key = 1;
  struct flow* f = bpf_map_lookup_elem(&flows, &key);
  if (!f) return XDP_PASS;
  __u32 i = ctx->rx_queue_index;
  if (i > 20) return XDP_PASS;
  f->data[i] = 1;
  return XDP_PASS;
}
