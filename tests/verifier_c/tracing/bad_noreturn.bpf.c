// A function that never returns has no return to trace.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG Attaching fexit/fmod_ret to __noreturn function 'do_exit' is rejected.
#include "case.h"

SEC("fexit/do_exit")
int prog(void* ctx) { return 0; }
