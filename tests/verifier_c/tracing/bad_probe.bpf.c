// bpf_d_path may not be called at the entry of this function.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG func 'vfs_open' arg0 has btf_id N type STRUCT 'path'
// LOG helper call is not allowed in probe
#include "case.h"

char path[8];

SEC("fentry/vfs_open")
int prog(u64* ctx) { return bpf_d_path((void*)ctx[0], path, sizeof(path)); }
