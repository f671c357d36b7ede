// There is no list 8 bytes further.
// VERIFY reject EINVAL
// LOG bpf_list_head not found at offset=16
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
  bpf_list_push_front_impl((void*)&head + 8, &n->list, 0, 0);
  bpf_spin_unlock(&lock);
  return 0;
}
