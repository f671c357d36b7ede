// A type number of more than 32 bits.
// VERIFY reject EINVAL
// LOG local type ID argument must be in range [0, U32_MAX]
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  void* p = bpf_obj_new_impl(1ull << 32, 0);
  if (p) bpf_obj_drop_impl(p, 0);
  return 0;
}
