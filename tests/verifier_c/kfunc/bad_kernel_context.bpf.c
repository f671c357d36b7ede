// The kernel's struct behind the context is asked for, but programs of this type have none.
// VERIFY reject EINVAL
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG kern ctx type id 108 is not a struct
#include "case.h"

SEC("tp_btf/sys_enter")
int prog(void* ctx) { return !!bpf_cast_to_kern_ctx(ctx); }
