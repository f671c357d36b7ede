// The lock that is held is not that of the list.
// VERIFY reject EINVAL
// LOG held lock and object are not in the same allocation
// LOG bpf_spin_lock at off=16 must be held for bpf_list_head
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_list_head head CONTAINS(node, list);
PRIVATE(B) struct bpf_spin_lock other;

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  bpf_spin_lock(&other);
  bpf_list_push_front_impl(&head, &n->list, 0, 0);
  bpf_spin_unlock(&other);
  return 0;
}
