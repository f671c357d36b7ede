// One line of the source is in the program twice, and fails in both places: it is told once.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static __always_inline void count(__u32 key) {
  __u64* value = bpf_map_lookup_elem(&counts, &key);
  *value += 1;
}

SEC("tc")
int null_inlined_twice(struct __sk_buff* skb) {
  count(skb->len);
  count(skb->mark);
  return 0;
}
