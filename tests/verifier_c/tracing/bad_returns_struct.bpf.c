// A function that returns a struct cannot be traced.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG The function make_kuid return type STRUCT is unsupported.
#include "case.h"

SEC("fentry/make_kuid")
int prog(void* ctx) { return 0; }
