// The value is used in a function that returns nothing.
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

static __always_inline void account(__u32 key, __u32 bytes) {
  struct flow *flow = bpf_map_lookup_elem(&flows, &key);
  flow->packets += 1;
  flow->bytes += bytes;
}

SEC("cgroup_skb/ingress")
int received(struct __sk_buff *skb) {
  account(skb->ifindex, skb->len);
  return 1;
}
