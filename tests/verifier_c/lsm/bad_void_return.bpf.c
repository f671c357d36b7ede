// The hook returns nothing, the program something.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG At program exit the register R0 has smin=0 smax=0 should have been in [1, 1]
// LOG Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!
#include "case.h"

SEC("lsm_cgroup/sk_free_security")
int prog(void* ctx) { return 0; }
