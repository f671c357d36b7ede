// Accepted, after more than a hundred thousand instructions: a function that is followed at each call, in a loop.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

static __noinline int mix(int seed) {
  int hash = seed;
  for (int k = 0; k < 40; k++) {
    hash = hash * 31 + bpf_get_prandom_u32();
  }
  return hash;
}

SEC("tc")
int expensive(struct __sk_buff* skb) {
  int sum = 0;
  for (int i = 0; i < 500; i++) {
    sum += mix(i);
  }
  return sum & 1;
}
