// without: perfmon
// Bytes of the stack that nothing was written to, given to a helper by a program that may not see them.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct lookup_key {
  __u8 kind;
  __u32 id;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, struct lookup_key);
  __type(value, __u64);
} hash SEC(".maps");

// found
SEC("xdp")
int padding(struct xdp_md* ctx) {
  struct lookup_key key;
  key.kind = ctx->rx_queue_index;
  key.id = 2;
  __u64* count = bpf_map_lookup_elem(&hash, &key);
  return count ? XDP_DROP : XDP_PASS;
}
