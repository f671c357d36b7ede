// A second reference to an object that does not count them.
// VERIFY reject EINVAL
// LOG arg#0 doesn't point to a type with bpf_refcount field
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  struct node* s = bpf_refcount_acquire_impl(n, 0);
  bpf_obj_drop_impl(n, 0);
  if (s) bpf_obj_drop_impl(s, 0);
  return 0;
}
