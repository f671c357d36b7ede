// Left with the lock, in a branch of its own.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct bucket {
  struct bpf_spin_lock lock;
  __u64 tokens;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct bucket);
} buckets SEC(".maps");

SEC("tc")
int police(struct __sk_buff *skb) {
  __u32 key = skb->ifindex;
  struct bucket *bucket = bpf_map_lookup_elem(&buckets, &key);

  if (!bucket)
    return 0;
  bpf_spin_lock(&bucket->lock);
  if (bucket->tokens < skb->len) {
    bucket->tokens = 0;
    return 2;
  }
  bucket->tokens -= skb->len;
  bpf_spin_unlock(&bucket->lock);
  return 0;
}
