// Nothing changes in the loop: found at once, and so there is little to count.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int loop_without_end(struct __sk_buff* skb) {
  volatile int again = 1;
  while (again) {
  }
  return 0;
}
