// Traffic control: let every sender through with its first thousand packets, then drop.
//
// A tc program sees a packet after the kernel has parsed it (ingress) or before it leaves (egress). It may read the
// packet directly, as XDP does, and it has the kernel's view of it in struct __sk_buff.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#define ETH_P_IP 0x0800
#define TC_ACT_OK 0
#define TC_ACT_SHOT 2
#define PACKETS_MAX 1000

char LICENSE[] SEC("license") = "GPL";

// A hash table that forgets what was not used for longest.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 10000);
  __type(key, __u32);  // IPv4 address of the sender
  __type(value, __u64);
} seen SEC(".maps");

// A static function: part of every program that calls it.
static __noinline __u32 sender_of(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* data_end = (void*)(long)skb->data_end;
  struct iphdr* ip = data + sizeof(struct ethhdr);
  if ((void*)(ip + 1) > data_end) return 0;
  return ip->saddr;
}

SEC("tc")
int tc_limit(struct __sk_buff* skb) {
  if (skb->protocol != bpf_htons(ETH_P_IP)) return TC_ACT_OK;

  __u32 sender = sender_of(skb);
  __u64* packets = bpf_map_lookup_elem(&seen, &sender);
  if (!packets) {
    __u64 first = 1;
    bpf_map_update_elem(&seen, &sender, &first, BPF_ANY);
    return TC_ACT_OK;
  }
  if (__sync_fetch_and_add(packets, 1) >= PACKETS_MAX) return TC_ACT_SHOT;
  return TC_ACT_OK;
}
