// The format of a message lies on the stack.
// VERIFY reject EINVAL
// LOG arg#1 doesn't point to a const string
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  u64 format = 0;
  bpf_stream_vprintk_impl(1, (void*)&format, 0, 0, 0);
  return 0;
}
