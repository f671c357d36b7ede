// Bytes of packets that were not compared with their end, or not far enough.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct header {
  __u8 length;
  __u8 kind;
  __u16 port;
  __u32 id;
};

// found
SEC("xdp")
int no_check(struct xdp_md* ctx) {
  struct header* h = (void*)(long)ctx->data + 14;
  return h->kind == 6 ? XDP_DROP : XDP_PASS;
}

// found
SEC("xdp")
int one_byte_short(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct header* h = data + 14;
  if ((void*)h + sizeof(*h) - 1 > end) return XDP_PASS;
  if (*(__u8*)data != 0x42) return XDP_PASS;
  return h->id == 7 ? XDP_DROP : XDP_PASS;
}

// The second header begins where the first one says.
// found
SEC("xdp")
int length_from_packet(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  struct header* first = data;
  if ((void*)(first + 1) > end) return XDP_PASS;
  if (bpf_ntohs(first->port) != 53) return XDP_PASS;
  struct header* second = data + first->length;
  return second->kind == 1 ? XDP_DROP : XDP_PASS;
}

// `b` was compared with the end, and `a` is no larger: the verifier keeps no relation of the two.
// no_such_input
SEC("xdp")
int other_offset_checked(struct xdp_md* ctx) {
  void* data = (void*)(long)ctx->data;
  void* end = (void*)(long)ctx->data_end;
  __u32 a = bpf_get_prandom_u32() & 0xff, b = bpf_get_prandom_u32() & 0xff;
  if (a > b) return XDP_PASS;
  if (data + b + 1 > end) return XDP_PASS;
  return *(__u8*)(data + a) ? XDP_DROP : XDP_PASS;
}

// found
SEC("tc")
int pointer_from_before_the_pull(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  if (data + 20 > end) return 0;
  if (bpf_skb_pull_data(skb, 40)) return 0;
  return *(__u8*)data;
}
