// A program that may change a function's return value reads it, but the function returns a pointer.
// ONLY_SKEP
// VERIFY reject EACCES
// LOG ret type PTR not allowed for fmod_ret
// LOG invalid bpf_context access off=8 size=8
#include "case.h"

SEC("fmod_ret/security_get_initial_sid_context")
int prog(u64* ctx) { return ctx[1]; }
