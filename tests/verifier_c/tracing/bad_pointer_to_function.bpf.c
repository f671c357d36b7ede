// An argument that points to a function is read.
// VERIFY reject EACCES
// LOG func 'initcall_start' arg0 type FUNC_PROTO is not a struct
// LOG invalid bpf_context access off=0 size=8
#include "case.h"

SEC("tp_btf/initcall_start")
int prog(u64* ctx) { return !!ctx[0]; }
