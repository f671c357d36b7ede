// This function may not be traced: tracing needs it.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG Attaching tracing programs to function '__rcu_read_lock' is rejected.
#include "case.h"

SEC("fentry/__rcu_read_lock")
int prog(void* ctx) { return 0; }
