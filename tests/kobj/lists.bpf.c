// Lists of objects of the program's own type, in a map and in an object.
// RUN fill=5 -> 5
// RUN sum -> 21
// RUN fill=3 -> 3
// RUN zero
// RUN sum -> 0
// RUN refcounts -> 1
#include "kobj.h"

struct node {
  u64 value;
  struct bpf_list_node list;
  struct bpf_refcount refs;
};
struct value {
  struct bpf_spin_lock lock;
  struct bpf_list_head head CONTAINS(node, list);
};
ARRAY(kept, struct value);

SEC("syscall")
int fill(struct number* n) {
  struct value* v = LOOKUP(kept);
  int count = 0;
  if (!v) return -1;
  for (u64 i = 1; i <= 8 && i <= n->value; i++) {
    struct node* fresh = NEW(struct node);
    if (!fresh) return -2;
    fresh->value = i;
    bpf_spin_lock(&v->lock);
    count += bpf_list_push_back_impl(&v->head, &fresh->list, 0, 0) == 0;
    bpf_spin_unlock(&v->lock);
  }
  return count;
}

SEC("syscall")
int sum(struct number* n) {
  struct value* v = LOOKUP(kept);
  int total = 0;
  if (!v) return -1;
  for (int i = 0; i < 8; i++) {
    bpf_spin_lock(&v->lock);
    struct bpf_list_node* first = bpf_list_pop_front(&v->head);
    if (first) {
      total += container_of(first, struct node, list)->value;
      if (i == 0 || i == 4) bpf_list_push_back_impl(&v->head, first, 0, 0);
    }
    bpf_spin_unlock(&v->lock);
    if (first && i != 0 && i != 4) DROP(container_of(first, struct node, list));
  }
  return total;
}

SEC("syscall")
int refcounts(struct number* n) {
  struct node* a = NEW(struct node);
  if (!a) return -1;
  a->value = 7;
  struct node* b = bpf_refcount_acquire_impl(a, 0);
  DROP(a);
  if (!b) return -2;
  const bool kept = b->value == 7;
  DROP(b);
  return kept;
}
