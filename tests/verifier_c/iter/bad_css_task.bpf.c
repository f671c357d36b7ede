// The tasks of a cgroup can be walked by few kinds of programs.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs
#include "case.h"

SEC("tp")
int prog(void* ctx) {
  struct bpf_iter_css_task it;
  bpf_iter_css_task_new(&it, 0, 0);
  bpf_iter_css_task_destroy(&it);
  return 0;
}
