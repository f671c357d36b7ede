// Loops: endless ones, and numbers that grow in them.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __ksym;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u8[16]);
} table SEC(".maps");

__u8 bytes[16];

// found
SEC("xdp")
int endless(struct xdp_md* ctx) {
  __u32 n = ctx->rx_queue_index;
  while (n != 3) barrier_var(n);
  return XDP_PASS;
}

// Not in the first round, which is where the verifier stops.
// not_decided loop
SEC("xdp")
int iterator_too_far(struct xdp_md* ctx) {
  struct bpf_iter_num it;
  int* i;
  bpf_iter_num_new(&it, 15, 20);
  while ((i = bpf_iter_num_next(&it))) bytes[*i] = 1;
  bpf_iter_num_destroy(&it);
  return XDP_PASS;
}

// It never gets to 16, but that is not what the verifier knows of the iterator.
// not_decided loop
SEC("xdp")
int iterator_in_range(struct xdp_md* ctx) {
  struct bpf_iter_num it;
  __u64 sum = 0;
  bpf_iter_num_new(&it, 0, 4);
  while (bpf_iter_num_next(&it)) {
    bytes[sum] = 1;
    sum += 4;
    barrier_var(sum);
  }
  bpf_iter_num_destroy(&it);
  return XDP_PASS;
}

// The first round is too far.
// found
SEC("xdp")
int iterator_begins_too_far(struct xdp_md* ctx) {
  struct bpf_iter_num it;
  int* i;
  bpf_iter_num_new(&it, 16, 20);
  while ((i = bpf_iter_num_next(&it))) {
    __u32 at = *i;
    if (at < 30) bytes[at] = 1;
  }
  bpf_iter_num_destroy(&it);
  return XDP_PASS;
}

static int store(__u64 i, void* ctx) {
  bytes[i] = 1;
  return 0;
}

// not_decided loop
SEC("xdp")
int callback_counts(struct xdp_md* ctx) {
  bpf_loop(ctx->rx_queue_index, store, 0, 0);
  return XDP_PASS;
}
