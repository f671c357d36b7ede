// The return value of a hook that returns nothing is set.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!
#include "case.h"

SEC("lsm_cgroup/sk_free_security")
int prog(void* ctx) {
  bpf_set_retval(0);
  return 1;
}
