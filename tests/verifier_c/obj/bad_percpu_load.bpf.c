// A per-CPU object is read without asking for a CPU's own.
// VERIFY reject EACCES
// LOG R0 is ptr_node access percpu memory: off=0
#include "case.h"

struct node {
  long data;
};
struct node* unused;

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node __attribute__((btf_type_tag("percpu_kptr")))* n = PERCPU_NEW(struct node);
  if (!n) return 0;
  long data = n->data;
  bpf_percpu_obj_drop_impl((void*)n, 0);
  return data;
}
