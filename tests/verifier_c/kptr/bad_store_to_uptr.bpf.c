// A program writes the pointer to the memory of a task.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG store to uptr disallowed
#include "case.h"

struct area {
  u64 number;
};
struct value {
  struct area __uptr* area;
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct value);
} values SEC(".maps");

SEC("tp_btf/sys_enter")
int prog(void* ctx) {
  struct value* v = bpf_task_storage_get(&values, bpf_get_current_task_btf(), 0, 0);
  if (v) *(volatile u64*)&v->area = 0;
  return 0;
}
