// No license at all.
// clang-format off
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/vfs_open")
int opened(void *ctx) {
  bpf_printk("%llx", bpf_get_current_task());
  return 0;
}
