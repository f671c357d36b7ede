// The traced function may run where nothing sleeps.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG vfs_read is not sleepable
#include "case.h"

SEC("fentry.s/vfs_read")
int prog(void* ctx) { return 0; }
