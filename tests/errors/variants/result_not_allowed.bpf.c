// What the hook does not take.
// clang-format off
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

SEC("cgroup/bind4")
int bind(struct bpf_sock_addr *ctx) {
  if (ctx->user_port == 80)
    return -1;
  return 1;
}
