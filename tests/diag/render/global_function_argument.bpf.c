// A global function is called with a pointer that may be NULL.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct flow {
  __u32 id;
  __u64 cnt;
  __u8 data[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct flow);
} flows SEC(".maps");

__noinline int count(struct flow* f __arg_nonnull) { return f->cnt++; }

SEC("xdp")
int global_function_argument(struct xdp_md* ctx) {
  __u32 key = 1;
  return count(bpf_map_lookup_elem(&flows, &key)) ? XDP_PASS : XDP_DROP;
}
