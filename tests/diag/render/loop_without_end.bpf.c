// A loop whose end does not come.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int loop_without_end(struct __sk_buff* skb) {
  volatile int again = 1;
  while (again) {
  }
  return 0;
}
