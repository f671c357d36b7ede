// Every branch doubles the paths: which of them were taken is known by a number that is needed at the end.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

char table[1 << 12];

// Not to be turned into arithmetic.
#define ask(flag) \
  if (bpf_get_prandom_u32() > flag) asm volatile("%0 |= " #flag : "+r"(set))

SEC("tc")
int branches_multiply(struct __sk_buff* skb) {
  __u64 set = 0;
  ask(0x1);
  ask(0x2);
  ask(0x4);
  ask(0x8);
  ask(0x10);
  ask(0x20);
  ask(0x40);
  ask(0x80);
  ask(0x100);
  ask(0x200);
  ask(0x400);
  ask(0x800);
  return table[set];
}
