// LSM programs must be under the GPL.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG LSM programs must have a GPL compatible license
#define CASE_LICENSE "BSD"
#include "case.h"

SEC("lsm/file_open")
int prog(void* ctx) { return 0; }
