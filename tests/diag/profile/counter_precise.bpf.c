// A loop whose rounds never look alike: its end is known, and so each value of the counter matters.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int counter_precise(struct __sk_buff* skb) {
  __u64 hash = 0;
  for (int i = 0; i < 300000; i++) {
    hash = hash * 31 + bpf_get_prandom_u32();
  }
  return hash & 1;
}
