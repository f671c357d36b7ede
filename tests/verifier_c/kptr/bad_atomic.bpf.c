// A kptr is changed by an atomic instruction.
// VERIFY reject EACCES
// LOG kptr in map can only be accessed using BPF_MEM instruction mode
#include "case.h"

struct value {
  struct task_struct __kptr_untrusted* task;
};
ARRAY(values, struct value);

SEC("tc")
int prog(struct __sk_buff* ctx) {
  struct value* v = LOOKUP(values);
  if (v) __sync_fetch_and_add((u64*)&v->task, 8);
  return 0;
}
