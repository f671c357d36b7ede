// A program for packets in a section for the kernel's functions.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int cut(struct __sk_buff *skb) {
  return bpf_skb_change_tail(skb, 64, 0);
}
