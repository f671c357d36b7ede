// An early return with the lock held.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct account {
  struct bpf_spin_lock lock;
  __u64 balance;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct account);
} accounts SEC(".maps");

SEC("tc")
int lock_held(struct __sk_buff* skb) {
  __u32 key = skb->mark;
  struct account* a = bpf_map_lookup_elem(&accounts, &key);
  if (!a) return 0;
  bpf_spin_lock(&a->lock);
  if (a->balance == 0) return 0;
  a->balance--;
  bpf_spin_unlock(&a->lock);
  return 0;
}
