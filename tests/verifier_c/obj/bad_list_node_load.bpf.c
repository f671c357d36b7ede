// A program reads the list node of its own object.
// VERIFY reject EACCES
// LOG direct access to bpf_list_node is disallowed
#include "case.h"

struct node {
  long data;
  struct bpf_list_node list;
};
struct node* unused;

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct node* n = NEW(struct node);
  if (!n) return 0;
  USE(*(volatile u64*)&n->list);
  bpf_obj_drop_impl(n, 0);
  return 0;
}
