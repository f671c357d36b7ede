// A length from outside.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

char last[256];

SEC("tracepoint/syscalls/sys_enter_write")
int wrote(__u64 *ctx) {
  __u64 count = ctx[4];

  bpf_probe_read_user(last, count, (void *)ctx[3]);
  return 0;
}
