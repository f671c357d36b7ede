// The call goes over several lines.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct flow {
  __u64 packets;
  __u64 bytes;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 128);
  __type(key, __u32);
  __type(value, struct flow);
} flows SEC(".maps");

SEC("xdp")
int received(struct xdp_md *ctx) {
  __u32 key = ctx->ingress_ifindex;
  struct flow *flow;

  flow = bpf_map_lookup_elem(&flows,
                             &key);
  flow->packets++;
  return XDP_PASS;
}
