// This hook is not for programs.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG attach_btf_id N points to disabled hook bpf_lsm_inode_getsecurity
#include "case.h"

SEC("lsm/inode_getsecurity")
int prog(void* ctx) { return 0; }
