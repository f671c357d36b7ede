// The lower half of an argument that is a pointer is read.
// VERIFY reject EACCES
// LOG func 'sys_enter' size 4 must be 8
// LOG invalid bpf_context access off=0 size=4
#include "case.h"

SEC("tp_btf/sys_enter")
int prog(u32* ctx) { return ctx[0]; }
