// What the list owns is dropped.
// VERIFY reject EINVAL
// LOG arg#1 expected pointer to allocated object
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};
struct node* unused;
PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_list_head head CONTAINS(node, list);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  bpf_spin_lock(&lock);
  bpf_list_push_front_impl(&head, &n->list, 0, 0);
  bpf_list_push_front_impl(&head, &n->list, 0, 0);
  bpf_spin_unlock(&lock);
  return 0;
}
