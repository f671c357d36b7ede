// A task is released that the program was only lent.
// VERIFY reject EINVAL
// LOG func 'task_newtask' arg0 has btf_id N type STRUCT 'task_struct'
// LOG release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID
#include "case.h"

SEC("tp_btf/task_newtask")
int prog(u64* ctx) {
  bpf_task_release((void*)ctx[0]);
  return 0;
}
