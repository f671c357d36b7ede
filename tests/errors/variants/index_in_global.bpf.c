// An index into a global array.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

__u32 histogram[32];

SEC("tracepoint/syscalls/sys_enter_write")
int sized(__u64 *ctx) {
  __u64 slot = ctx[4] >> 10;

  histogram[slot]++;
  return 0;
}
