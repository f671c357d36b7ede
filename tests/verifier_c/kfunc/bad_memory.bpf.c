// The buffer for the slice is shorter than its size says.
// VERIFY reject EINVAL
// LOG invalid read from stack R3 off=-24 size=600
// LOG arg#2 arg#3 memory, len pair leads to invalid memory access
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct bpf_dynptr d;
  char buffer[8];
  bpf_dynptr_from_skb((void*)ctx, 0, &d);
  bpf_dynptr_slice(&d, 0, buffer, 600);
  return 0;
}
