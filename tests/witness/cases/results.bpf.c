// What programs and callbacks return.
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

// found
SEC("cgroup_skb/egress")
int returns_a_mark(struct __sk_buff* skb) { return skb->mark; }

// found
SEC("cgroup/sock_create")
int returns_two(struct bpf_sock* sk) {
  __u32 mark = sk->mark;
  if (mark > 2) return 1;
  return mark;
}

// no_such_input
SEC("cgroup/sock_create")
int returns_a_remainder(struct bpf_sock* sk) {
  __u64 a = sk->mark, b = sk->priority;
  if (a < b) return 0;
  if (a - b > 1) return 0;
  barrier_var(a);
  return a - b;
}

// found
SEC("fentry/bpf_fentry_test1")
int every_run_returns_one(void* ctx) { return 1; }

static int round(__u32 i, void* ctx) { return i; }

// The first round returns 0.
// not_decided loop
SEC("xdp")
int callback_returns_its_number(struct xdp_md* ctx) {
  bpf_loop(ctx->rx_queue_index, round, 0, 0);
  return XDP_PASS;
}
