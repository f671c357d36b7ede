// A global function without a result, with another one before it.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u64 seen[4];

__noinline int slot_of(__u32 mark) {
  return mark & 3;
}

__noinline void note(__u32 mark) {
  seen[0] += slot_of(mark);
}

SEC("tc")
int received(struct __sk_buff *skb) {
  note(skb->mark);
  return 0;
}
