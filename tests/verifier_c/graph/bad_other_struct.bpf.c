// The list is of other structs.
// struct other
// VERIFY reject EINVAL
// LOG operation on bpf_list_head expects arg#1 bpf_list_node at offset=8 in struct node, but arg is at offset=8 in struct other
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_list_head head CONTAINS(node, list);
struct other {
  long data;
  struct bpf_list_node list;
};

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct other* n = NEW(struct other);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_list_push_front_impl(&head, &n->list, 0, 0);
  bpf_spin_unlock(&lock);
  return 0;
}
