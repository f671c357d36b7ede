// A variable has a value on one path only.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("socket")
int uninitialised_result(struct __sk_buff* skb) {
  int result;
  asm volatile("%0 = r7" : "=r"(result));
  return result;
}
