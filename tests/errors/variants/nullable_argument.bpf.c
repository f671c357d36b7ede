// Nothing says that the global function may be given NULL.
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

__noinline int add(struct flow *flow __arg_nonnull, __u32 bytes) {
  flow->bytes += bytes;
  return 0;
}

SEC("tc")
int received(struct __sk_buff *skb) {
  __u32 key = skb->ifindex;
  struct flow *found = bpf_map_lookup_elem(&flows, &key);

  add(found, skb->len);
  return 0;
}
