// What was never added is removed.
// VERIFY reject EINVAL
// LOG bpf_rbtree_remove can only take non-owning or refcounted bpf_rb_node pointer
#include "case.h"

struct node {
  long data;
  struct bpf_rb_node rb;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_rb_root root CONTAINS(node, rb);
ARRAY(m, struct bpf_rb_node);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_rb_node* n = LOOKUP(m);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_rbtree_remove(&root, n);
  bpf_spin_unlock(&lock);
  return 0;
}
