// The Ethernet header is checked, that behind it is not; the end has another name.
// clang-format off
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("xdp")
int filter(struct xdp_md *xdp) {
  void *begin = (void *)(long)xdp->data;
  void *limit = (void *)(long)xdp->data_end;
  struct ethhdr *eth = begin;
  struct iphdr *ip;

  if ((void *)(eth + 1) > limit)
    return XDP_DROP;
  ip = (void *)(eth + 1);
  if (ip->protocol == 17)
    return XDP_DROP;
  return XDP_PASS;
}
