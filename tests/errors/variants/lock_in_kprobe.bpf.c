// Locks are not for kprobes.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct stats {
  __u64 calls;
  struct bpf_spin_lock guard;
  __s64 balance;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct stats);
} stats SEC(".maps");

SEC("kprobe/vfs_write")
int wrote(void *ctx) {
  __u32 zero = 0;
  struct stats *s = bpf_map_lookup_elem(&stats, &zero);

  if (!s)
    return 0;
  bpf_spin_lock(&s->guard);
  s->calls++;
  s->balance -= 3;
  bpf_spin_unlock(&s->guard);
  return 0;
}
