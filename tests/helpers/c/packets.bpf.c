// Packets: their sockets, cookies, the kernel's view of them, bytes in fragments.
#include "results.h"

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>

struct value {
  long n;
  struct bpf_spin_lock lock;
};
struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct value);
} storage SEC(".maps");

static long value_of(struct value* value) { return value ? value->n : -1; }

// = -1 -2 77 78 78 -1 0 -1 0 -1
SEC("tc")
int socket_storage(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  if (!sk || !(sk = bpf_sk_fullsock(sk))) return 1;
  const struct value first = {.n = 77};
  r[0] = value_of(bpf_sk_storage_get(&storage, sk, 0, 0));
  r[1] = bpf_sk_storage_delete(&storage, sk);
  struct value* value = bpf_sk_storage_get(&storage, sk, (void*)&first, BPF_SK_STORAGE_GET_F_CREATE);
  r[2] = value_of(value);
  if (value) {
    bpf_spin_lock(&value->lock);
    ++value->n;
    bpf_spin_unlock(&value->lock);
  }
  r[3] = value_of(bpf_sk_storage_get(&storage, sk, 0, 0));
  r[4] = value_of(bpf_sk_storage_get(&storage, sk, (void*)&first, BPF_SK_STORAGE_GET_F_CREATE));
  r[5] = value_of(bpf_sk_storage_get(&storage, sk, 0, 2));
  r[6] = bpf_sk_storage_delete(&storage, sk);
  r[7] = value_of(bpf_sk_storage_get(&storage, sk, 0, 0));
  r[8] = value_of(bpf_sk_storage_get(&storage, sk, 0, BPF_SK_STORAGE_GET_F_CREATE));
  r[9] = value_of(bpf_sk_storage_get(&storage, sk, 0, 3));
  return 0;
}

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, int);
} cgroups SEC(".maps");

// = -11 -7 -11 -7 -2 -22
SEC("tc")
int without_a_cgroup(struct __sk_buff* skb) {
  long entries[6];
  r[0] = bpf_current_task_under_cgroup(&cgroups, 0);
  r[1] = bpf_current_task_under_cgroup(&cgroups, 2);
  r[2] = bpf_skb_under_cgroup(skb, &cgroups, 0);
  r[3] = bpf_skb_under_cgroup(skb, &cgroups, 2);
  r[4] = bpf_get_branch_snapshot(entries, sizeof(entries), 0);
  r[5] = bpf_get_branch_snapshot(entries, sizeof(entries), 1);
  return 0;
}

// = -22 -22 -95 -22
SEC("tc")
int no_listener(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  struct iphdr ip = {.version = 4, .ihl = 5};
  struct tcphdr tcp = {};
  if (!sk || !(sk = bpf_sk_fullsock(sk))) return 1;
  r[0] = bpf_tcp_check_syncookie(sk, &ip, sizeof(ip), &tcp, sizeof(tcp));
  r[1] = bpf_tcp_gen_syncookie(sk, &ip, sizeof(ip), &tcp, sizeof(tcp));
  r[2] = bpf_sk_assign(skb, sk, 0);
  r[3] = bpf_sk_assign(skb, sk, 1);
  return 0;
}

struct segment {
  struct tcphdr tcp;
  unsigned char options[4];
};

static void offer(struct segment* s, int mss) {
  s->tcp.doff = 6;
  s->options[0] = 2;
  s->options[1] = 4;
  s->options[2] = mss >> 8;
  s->options[3] = mss;
}

// = 536 536 1300 1300 1440 1460 1460 536 -22 -22 -22 536
SEC("tc")
int cookies4(struct __sk_buff* skb) {
  struct iphdr ip = {.version = 4, .ihl = 5, .saddr = 0x0100007f, .daddr = 0x0200007f, .protocol = IPPROTO_TCP};
  struct segment s = {.tcp = {.source = 0x1234, .dest = 0x5000, .syn = 1, .doff = 6}};
  const int offers[] = {0, 1299, 1300, 1439, 1459, 1460, 65535};
  for (int i = 0; i < 7; ++i) {
    offer(&s, offers[i]);
    r[i] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s)) >> 32;
  }
  s.options[1] = 3;
  r[7] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s)) >> 32;
  r[8] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s.tcp));
  s.tcp.doff = 15;
  r[9] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s));
  s.tcp.doff = 4;
  r[10] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, 16);
  s.tcp.doff = 5;
  r[11] = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s.tcp)) >> 32;
  return 0;
}

// = 1220 1220 1420 1440 1440 8940
SEC("tc")
int cookies6(struct __sk_buff* skb) {
  struct ipv6hdr ip = {.version = 6, .nexthdr = IPPROTO_TCP};
  struct segment s = {.tcp = {.source = 0x1234, .dest = 0x5000, .syn = 1, .doff = 6}};
  const int offers[] = {0, 1419, 1420, 1440, 8939, 20000};
  for (int i = 0; i < 6; ++i) {
    offer(&s, offers[i]);
    r[i] = bpf_tcp_raw_gen_syncookie_ipv6(&ip, &s.tcp, sizeof(s)) >> 32;
  }
  return 0;
}

// The ACK of a cookie is good, that of another number, port or address is not.
// = 0 -13 -13 -13 0
SEC("tc")
int cookie_comes_back(struct __sk_buff* skb) {
  struct iphdr ip = {.version = 4, .ihl = 5, .saddr = 0x0100007f, .daddr = 0x0200007f, .protocol = IPPROTO_TCP};
  struct segment s = {.tcp = {.source = 0x1234, .dest = 0x5000, .syn = 1, .seq = bpf_htonl(100)}};
  offer(&s, 1440);
  const __u32 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, sizeof(s));
  s.tcp.syn = 0;
  s.tcp.ack = 1;
  s.tcp.seq = bpf_htonl(101);
  s.tcp.ack_seq = bpf_htonl(cookie + 1);
  r[0] = bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
  s.tcp.ack_seq = bpf_htonl(cookie + 1000000);
  r[1] = bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
  s.tcp.ack_seq = bpf_htonl(cookie + 1);
  ++s.tcp.dest;
  r[2] = bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
  --s.tcp.dest;
  ++ip.saddr;
  r[3] = bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
  --ip.saddr;
  r[4] = bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
  return 0;
}

KERNEL_TYPES_BEGIN
struct net_device {
  int ifindex;
};
struct sk_buff {
  unsigned int len, data_len;
  unsigned short protocol, mac_header, network_header, transport_header;
  unsigned int tail, mark;
  unsigned char *head, *data;
  struct net_device* dev;
};
struct xdp_rxq_info {
  struct net_device* dev;
  unsigned int queue_index;
};
struct xdp_buff {
  void *data, *data_end, *data_meta, *data_hard_start;
  struct xdp_rxq_info* rxq;
  unsigned int frame_sz;
};
KERNEL_TYPES_END

extern void* bpf_cast_to_kern_ctx(void* ctx) __ksym;

// = 64 0 1024 64 78 65535 128 64 1 7
SEC("tc")
int kernel_skb(struct __sk_buff* ctx) {
  ctx->mark = 7;
  struct sk_buff* skb = bpf_cast_to_kern_ctx(ctx);
  r[0] = skb->len;
  r[1] = skb->data_len;
  r[2] = skb->protocol;
  r[3] = skb->mac_header;
  r[4] = skb->network_header;
  r[5] = skb->transport_header;
  r[6] = skb->tail;
  r[7] = skb->data - skb->head;
  r[8] = skb->dev ? skb->dev->ifindex : -1;
  r[9] = skb->mark;
  return 0;
}

// = 64 256 0 4096 0 1
SEC("xdp")
int kernel_xdp(struct xdp_md* ctx) {
  struct xdp_buff* xdp = bpf_cast_to_kern_ctx(ctx);
  r[0] = (long)xdp->data_end - (long)xdp->data;
  r[1] = (long)xdp->data - (long)xdp->data_hard_start;
  r[2] = (long)xdp->data_meta - (long)xdp->data;
  r[3] = xdp->frame_sz;
  r[4] = xdp->rxq->queue_index;
  r[5] = xdp->rxq->dev ? xdp->rxq->dev->ifindex : -1;
  return 2;
}

extern int bpf_xdp_pull_data(struct xdp_md* ctx, __u32 length) __ksym;

static long linear(struct xdp_md* ctx) { return (long)ctx->data_end - (long)ctx->data; }

// data: 0102*4500
// = 3520 0 3520 -22 0 0 3520 -22 0 3736 -22 9000
SEC("xdp.frags")
int pull(struct xdp_md* ctx) {
  r[0] = linear(ctx);
  r[1] = bpf_xdp_pull_data(ctx, 100);
  r[2] = linear(ctx);
  r[3] = bpf_xdp_pull_data(ctx, 4000);
  r[4] = bpf_xdp_pull_data(ctx, 0);
  r[5] = bpf_xdp_pull_data(ctx, 3520);
  r[6] = linear(ctx);
  r[7] = bpf_xdp_pull_data(ctx, 3737);
  r[8] = bpf_xdp_pull_data(ctx, 3736);
  r[9] = linear(ctx);
  r[10] = bpf_xdp_pull_data(ctx, 100000);
  r[11] = bpf_xdp_get_buff_len(ctx);
  return 2;
}

// Metadata moves along; what is pulled is room before the data no more.
// data: 00*9000
// = 0 0 32 3700 -22 0 -22 8992
SEC("xdp.frags")
int pull_with_metadata(struct xdp_md* ctx) {
  r[0] = bpf_xdp_adjust_meta(ctx, -32);
  r[1] = bpf_xdp_pull_data(ctx, 3700);
  r[2] = (long)ctx->data - (long)ctx->data_meta;
  r[3] = linear(ctx);
  r[4] = bpf_xdp_adjust_head(ctx, -80);
  r[5] = bpf_xdp_adjust_head(ctx, 8);
  r[6] = bpf_xdp_pull_data(ctx, 3800);
  r[7] = bpf_xdp_get_buff_len(ctx);
  return 2;
}

// data: 00*64
// = -22 64
SEC("xdp")
int pull_what_is_not_there(struct xdp_md* ctx) {
  r[0] = bpf_xdp_pull_data(ctx, 65);
  r[1] = linear(ctx);
  return 2;
}
