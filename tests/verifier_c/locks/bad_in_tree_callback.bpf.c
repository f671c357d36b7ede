// The comparison of a tree runs under its lock and cannot give it back.
// VERIFY reject EACCES
// LOG can't spin_{lock,unlock} in rbtree cb
#include "case.h"

struct node {
  long data;
  struct bpf_rb_node rb;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_rb_root root CONTAINS(node, rb);
static bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
  bpf_spin_unlock(&lock);
  return 0;
}

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_rbtree_add_impl(&root, &n->rb, less, 0, 0);
  bpf_spin_unlock(&lock);
  return 0;
}
