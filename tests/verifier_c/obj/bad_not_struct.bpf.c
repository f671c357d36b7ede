// Only structs can be made.
// VERIFY reject EINVAL
// LOG bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  void* p = bpf_obj_new_impl(bpf_core_type_id_local(int), 0);
  if (p) bpf_obj_drop_impl(p, 0);
  return 0;
}
