// A key with padding that was never written, without CAP_PERFMON this matters; here a helper reads a dynptr.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tc")
int stack_not_written(struct __sk_buff* skb) {
  struct bpf_dynptr packet;
  __u8 bytes[8];
  bpf_dynptr_read(bytes, sizeof(bytes), &packet, 0, 0);
  return bytes[0];
}
