// A helper is told to write into a task's name.
// VERIFY reject EACCES
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG bpf_probe_read_kernel() may write into memory pointed by R1 type=trusted_ptr_
#include "case.h"

struct task_struct___name {
  char comm[16];
} __attribute__((preserve_access_index));

SEC("tp_btf/sys_enter")
int prog(void* ctx) {
  struct task_struct___name* t = (void*)bpf_get_current_task_btf();
  bpf_probe_read_kernel(t->comm, sizeof(t->comm), 0);
  return 0;
}
