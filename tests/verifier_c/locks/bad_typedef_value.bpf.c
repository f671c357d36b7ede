// The lock in a map's values counts although the value's type is given by a typedef.
// VERIFY reject EINVAL
// LOG socket filter progs cannot use bpf_spin_lock yet
#include "case.h"

typedef struct {
  struct bpf_spin_lock lock;
  int count;
} counter;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, int);
  __type(value, counter);
  __uint(max_entries, 1);
} counters SEC(".maps");

SEC("socket")
int prog(struct __sk_buff* ctx) {
  int key = 0;
  return bpf_map_lookup_elem(&counters, &key) != 0;
}
