// Half of a kptr is read.
// VERIFY reject EACCES
// LOG kptr access size must be BPF_DW
#include "case.h"

struct value {
  struct task_struct __kptr* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) USE(*(volatile u32*)v);
  return 0;
}
