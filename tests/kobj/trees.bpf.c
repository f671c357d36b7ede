// A tree of objects in a map: sorted, searched, emptied by the map's update.
// RUN fill=8 -> 8
// RUN smallest -> 1
// RUN walk -> 8
// RUN take -> 12
// RUN take -> 34
// RUN zero
// RUN smallest -> 0
#include "kobj.h"

struct node {
  struct bpf_rb_node tree;
  u64 value;
};
struct value {
  struct bpf_spin_lock lock;
  struct bpf_rb_root root CONTAINS(node, tree);
};
ARRAY(kept, struct value);

static bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
  return container_of(a, struct node, tree)->value < container_of(b, struct node, tree)->value;
}

SEC("syscall")
int fill(struct number* n) {
  struct value* v = LOOKUP(kept);
  int count = 0;
  if (!v) return -1;
  for (u64 i = 0; i < 8; i++) {
    struct node* fresh = NEW(struct node);
    if (!fresh) return -2;
    fresh->value = i * 5 % 8 + 1;
    bpf_spin_lock(&v->lock);
    count += bpf_rbtree_add_impl(&v->root, &fresh->tree, less, 0, 0) == 0;
    bpf_spin_unlock(&v->lock);
  }
  return count;
}

SEC("syscall")
int smallest(struct number* n) {
  struct value* v = LOOKUP(kept);
  int value = 0;
  if (!v) return -1;
  bpf_spin_lock(&v->lock);
  struct bpf_rb_node* first = bpf_rbtree_first(&v->root);
  if (first) value = container_of(first, struct node, tree)->value;
  bpf_spin_unlock(&v->lock);
  return value;
}

// Down the right side.
SEC("syscall")
int walk(struct number* n) {
  struct value* v = LOOKUP(kept);
  int value = 0;
  if (!v) return -1;
  bpf_spin_lock(&v->lock);
  struct bpf_rb_node* at = bpf_rbtree_root(&v->root);
  for (int i = 0; i < 8 && at; i++) {
    value = container_of(at, struct node, tree)->value;
    at = bpf_rbtree_right(&v->root, at);
  }
  bpf_spin_unlock(&v->lock);
  return value;
}

// The two smallest, as digits.
SEC("syscall")
int take(struct number* n) {
  struct value* v = LOOKUP(kept);
  int digits = 0;
  if (!v) return -1;
  for (int i = 0; i < 2; i++) {
    bpf_spin_lock(&v->lock);
    struct bpf_rb_node* first = bpf_rbtree_first(&v->root);
    if (first) first = bpf_rbtree_remove(&v->root, first);
    bpf_spin_unlock(&v->lock);
    if (!first) return -2;
    digits = digits * 10 + container_of(first, struct node, tree)->value;
    DROP(container_of(first, struct node, tree));
  }
  return digits;
}
