// Where an iterator is, another is made.
// VERIFY reject EINVAL
// LOG expected uninitialized iter_num as arg #0
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_iter_num it;
  bpf_iter_num_new(&it, 0, 3);
  bpf_iter_num_new(&it, 0, 3);
  bpf_iter_num_destroy(&it);
  return 0;
}
