// An iterator is asked that was never made.
// VERIFY reject EINVAL
// LOG expected an initialized iter_num as arg #0
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_iter_num it = {};
  bpf_iter_num_next(&it);
  return 0;
}
