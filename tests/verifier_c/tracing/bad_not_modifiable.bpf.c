// The return value of this function is not for programs to change.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG vfs_read() is not modifiable
#include "case.h"

SEC("fmod_ret/vfs_read")
int prog(void* ctx) { return 0; }
