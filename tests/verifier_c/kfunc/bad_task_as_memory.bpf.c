// A buffer for bytes is a task.
// VERIFY reject EINVAL
// LOG kernel function bpf_dynptr_slice args#2 pointer type UNKNOWN  is not supported
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_dynptr packet;
  bpf_dynptr_from_skb(ctx, 0, &packet);
  struct task_struct* t = bpf_task_from_pid(1);
  if (!t) return 0;
  bpf_dynptr_slice(&packet, 0, t, 8);
  bpf_task_release(t);
  return 0;
}
