// The address of the traced function is asked for where none is traced.
// VERIFY reject ENOTSUPP
// LOG arg#0 reference type('UNKNOWN ') size cannot be determined: -22
// LOG func bpf_get_func_ip#173 supported only for fentry/fexit/fmod_ret programs
#include "case.h"

SEC("tp_btf/sys_enter")
int prog(void* ctx) { return bpf_get_func_ip(ctx); }
