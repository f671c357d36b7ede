// A number other than null is stored to a kptr.
// VERIFY reject EACCES
// LOG BPF_ST imm must be 0 when storing to kptr at off=0
#include "case.h"

struct value {
  struct task_struct __kptr_untrusted* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  // *(u64 *)(v + 0) = 1
  if (v) asm volatile("r1 = %0; .byte 0x7a, 0x01, 0, 0, 1, 0, 0, 0" ::"r"(v) : "r1", "memory");
  return 0;
}
