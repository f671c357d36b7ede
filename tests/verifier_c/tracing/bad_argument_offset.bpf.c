// An argument is read from its second half.
// VERIFY reject EACCES
// LOG func 'sys_enter' offset 4 is not multiple of 8
// LOG invalid bpf_context access off=4 size=4
#include "case.h"

SEC("tp_btf/sys_enter")
int prog(char* ctx) { return *(u32*)(ctx + 4); }
