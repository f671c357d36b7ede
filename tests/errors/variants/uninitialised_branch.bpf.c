// Set on one path only.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int choose(struct __sk_buff *skb) {
  int action;

  if (skb->mark == 1)
    action = bpf_get_prandom_u32() & 1;
  asm volatile("" : "+r"(action));
  return action;
}
