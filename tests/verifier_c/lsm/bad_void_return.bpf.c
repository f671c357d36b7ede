// The hook returns nothing, the program something.
// VERIFY reject EINVAL
// LOG Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!
#include "case.h"

SEC("lsm_cgroup/sk_free_security")
int prog(void* ctx) { return 0; }
