// A kernel function that may sleep, in a program that must not.
// VERIFY reject EACCES
// LOG program must be sleepable to call sleepable kfunc bpf_copy_from_user_str
#include "case.h"

SEC("tc")
int prog(struct __sk_buff* ctx) {
  char buffer[8];
  bpf_copy_from_user_str(buffer, 8, 0, 0);
  return 0;
}
