// Values of maps: not checked for NULL, or indexed too far.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct value {
  __u32 count;
  __u32 limit;
  __u8 data[56];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct value);
} hash SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct value);
} array SEC(".maps");

static __always_inline struct value* value_of(__u32 key) { return bpf_map_lookup_elem(&hash, &key); }

// found
SEC("xdp")
int no_null_check(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  v->count++;
  return XDP_PASS;
}

// There is no fifth element, but the key is never that large.
// no_such_input
SEC("xdp")
int array_has_the_key(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index & 3;
  struct value* v = bpf_map_lookup_elem(&array, &key);
  v->count++;
  return XDP_PASS;
}

// found
SEC("xdp")
int array_has_not(struct xdp_md* ctx) {
  __u32 key = ctx->rx_queue_index & 7;
  struct value* v = bpf_map_lookup_elem(&array, &key);
  v->count++;
  return XDP_PASS;
}

// found
SEC("xdp")
int index_of_a_byte(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  if (!v) return XDP_PASS;
  v->data[ctx->rx_queue_index & 0xff] = 1;
  return XDP_PASS;
}

// found
SEC("xdp")
int index_from_the_map(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  if (!v || v->limit < 10) return XDP_PASS;
  v->data[v->count] = 1;
  return XDP_PASS;
}

// found
SEC("xdp")
int index_signed(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  __s32 i = (__s32)bpf_get_prandom_u32();
  if (!v || i > 50) return XDP_PASS;
  v->data[i] = 1;
  return XDP_PASS;
}

// no_such_input
SEC("xdp")
int equal_to_a_small_one(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  if (!v) return XDP_PASS;
  __u64 a = bpf_get_prandom_u32(), b = bpf_get_prandom_u32();
  if (a > b) return XDP_PASS;
  barrier_var(a);
  if (b > 50) return XDP_PASS;
  v->data[a] = 1;
  return XDP_PASS;
}

// no_such_input
SEC("xdp")
int modulo(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  if (!v) return XDP_PASS;
  v->data[bpf_get_prandom_u32() % 50] = 1;
  return XDP_PASS;
}

// A square of at most 7 * 7.
// no_such_input
SEC("xdp")
int square(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  __u64 x = bpf_get_prandom_u32();
  if (!v || x * x > 55) return XDP_PASS;
  barrier_var(x);
  v->data[x * x] = 1;
  return XDP_PASS;
}

// found
SEC("xdp")
int modulo_too_large(struct xdp_md* ctx) {
  struct value* v = value_of(1);
  if (!v) return XDP_PASS;
  v->data[bpf_get_prandom_u32() % 57] = 1;
  return XDP_PASS;
}
