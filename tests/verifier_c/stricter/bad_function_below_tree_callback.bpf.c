// A function that the callback of a tree calls lets go of the tree's lock while it is being searched.
// STRICTER
// VERIFY reject EACCES
// LOG can't spin_{lock,unlock} in rbtree cb
#include "case.h"

struct node {
  long data;
  struct bpf_rb_node tree;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_rb_root root CONTAINS(node, tree);

static __noinline int let_go(void) {
  bpf_spin_unlock(&lock);
  bpf_spin_lock(&lock);
  return 0;
}
static bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
  let_go();
  return true;
}

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_rbtree_add_impl(&root, &n->tree, less, 0, 0);
  bpf_spin_unlock(&lock);
  return 0;
}
