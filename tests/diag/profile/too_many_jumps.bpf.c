// A branch in each of 9,000 rounds: their other sides wait until the loop is left.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int too_many_jumps(struct __sk_buff* skb) {
  __u64 sum = 0;
  for (int i = 0; i < 9000; i++) {
    if (bpf_get_prandom_u32() > i) sum += i;
    asm volatile("" : "+r"(sum));
  }
  return sum & 1;
}
