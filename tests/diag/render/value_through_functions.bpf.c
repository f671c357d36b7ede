// The value at fault comes out of one function and goes into another.
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

static __noinline struct flow* find(__u32 key) { return bpf_map_lookup_elem(&flows, &key); }

static __noinline void bump(struct flow* f) { f->cnt++; }

SEC("xdp")
int value_through_functions(struct xdp_md* ctx) {
  bump(find(ctx->rx_queue_index));
  return XDP_PASS;
}
