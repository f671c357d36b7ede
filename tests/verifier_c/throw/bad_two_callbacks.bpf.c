// Two functions that exceptions are to go to.
// VERIFY reject EEXIST
// LOG multiple exception callback tags for main subprog
#include "case.h"

__attribute__((noinline)) int one(u64 c) {
  USE(c);
  return 0;
}

__attribute__((noinline)) int two(u64 c) {
  USE(c);
  return 0;
}

SEC("tc")
EXCEPTION_CB(one)
EXCEPTION_CB(two)
int prog(struct __sk_buff* ctx) {
  bpf_throw(1);
  return 0;
}
