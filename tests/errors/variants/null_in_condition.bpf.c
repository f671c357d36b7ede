// No variable holds the result.
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

SEC("tc")
int received(struct __sk_buff *skb) {
  __u32 key = skb->ifindex;

  if (((struct flow *)bpf_map_lookup_elem(&flows, &key))->packets > 10)
    return 2;
  return 0;
}
