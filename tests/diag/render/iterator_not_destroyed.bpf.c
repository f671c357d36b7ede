// A loop over numbers is left without destroying its iterator.
#include "vmlinux.h"

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __ksym;
int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;
void bpf_iter_num_destroy(struct bpf_iter_num* it) __ksym;

SEC("tc")
int iterator_not_destroyed(struct __sk_buff* skb) {
  struct bpf_iter_num it;
  int* number;
  bpf_iter_num_new(&it, 0, 10);
  while ((number = bpf_iter_num_next(&it))) {
    if (*number == skb->mark) return 1;
  }
  bpf_iter_num_destroy(&it);
  return 0;
}
