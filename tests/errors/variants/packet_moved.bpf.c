// The packet may have moved.
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int widen(struct __sk_buff *skb) {
  void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
  struct ethhdr *eth = data;

  if ((void *)(eth + 1) > data_end)
    return 0;
  if (bpf_skb_change_tail(skb, skb->len + 4, 0))
    return 0;
  eth->h_dest[0] = 2;
  return 0;
}
