// The callback of a tree would be the ninth function in a chain of calls.
// VERIFY reject E2BIG
// LOG the call stack of 9 frames is too deep
// LOG kfunc bpf_rbtree_add_impl#N failed callback verification
#include "case.h"

struct node {
  long data;
  struct bpf_rb_node tree;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_rb_root root CONTAINS(node, tree);

static bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) { return true; }

static __noinline int f7(void) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_rbtree_add_impl(&root, &n->tree, less, 0, 0);
  bpf_spin_unlock(&lock);
  return 1;
}
static __noinline int f6(void) { return f7() + 1; }
static __noinline int f5(void) { return f6() + 1; }
static __noinline int f4(void) { return f5() + 1; }
static __noinline int f3(void) { return f4() + 1; }
static __noinline int f2(void) { return f3() + 1; }
static __noinline int f1(void) { return f2() + 1; }

SEC("tc")
int prog(struct __sk_buff* ctx) { return f1(); }
