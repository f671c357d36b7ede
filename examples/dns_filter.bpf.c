// A socket filter, as tcpdump makes them: of all packets a raw socket would get, keep those to or from UDP port 53.
//
// Such a program returns how many bytes of the packet to keep, 0 for none. It sees the packet through a helper that
// copies bytes to the stack, so there is no data_end to compare with: the helper fails where the packet is too short.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#define ETH_P_IP 0x0800
#define ETH_HLEN 14
#define DNS_PORT 53

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int dns_filter(struct __sk_buff* skb) {
  if (skb->protocol != bpf_htons(ETH_P_IP)) return 0;

  struct iphdr ip;
  if (bpf_skb_load_bytes(skb, ETH_HLEN, &ip, sizeof(ip)) < 0) return 0;
  if (ip.protocol != IPPROTO_UDP) return 0;

  struct udphdr udp;
  if (bpf_skb_load_bytes(skb, ETH_HLEN + ip.ihl * 4, &udp, sizeof(udp)) < 0) return 0;
  if (udp.source != bpf_htons(DNS_PORT) && udp.dest != bpf_htons(DNS_PORT)) return 0;
  return skb->len;
}
