// The tracepoint has two arguments, the program reads a fourth.
// VERIFY reject EACCES
// LOG func 'sys_enter' doesn't have 5-th argument
// LOG invalid bpf_context access off=24 size=8
#include "case.h"

SEC("tp_btf/sys_enter")
int prog(u64* ctx) { return ctx[3]; }
