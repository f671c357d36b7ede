// A loop with a bound that is too large to be followed.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 total;

SEC("tc")
int sum(struct __sk_buff *skb) {
  for (__u32 i = 0; i < 2000000; i++) {
    if (i & skb->mark)
      total += bpf_get_prandom_u32();
  }
  return 0;
}
