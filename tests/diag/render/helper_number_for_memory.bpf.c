// A number is passed where memory is wanted.
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

SEC("kprobe/vfs_read")
int helper_number_for_memory(struct pt_regs* ctx) {
  struct flow* f = bpf_map_lookup_elem(&flows, (void*)ctx->di);
  return f ? f->id : 0;
}
