// The arguments of a helper in another order.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int first(struct __sk_buff *skb) {
  char head[14];

  if (bpf_skb_load_bytes(head, 0, skb, sizeof(head)))
    return 0;
  return head[0] & 1;
}
