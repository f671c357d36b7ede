// Tracing programs have no lists.
// VERIFY reject EINVAL
// LOG tracing progs cannot use bpf_{list_head,rb_root} yet
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_list_head head CONTAINS(node, list);

SEC("kprobe")
int prog(void* ctx) {
  bpf_spin_lock(&lock);
  bpf_spin_unlock(&lock);
  return 0;
}
