// Eight bytes are read from the middle of a kptr.
// VERIFY reject EACCES
// LOG kptr access misaligned expected=0 off=4
#include "case.h"

struct value {
  struct task_struct __kptr* task;
  u64 more;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) USE(*(u64*)((char*)v + 4));
  return 0;
}
