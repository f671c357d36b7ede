// Functions with a variable number of arguments cannot be traced.
// ONLY_SKEP
// VERIFY reject EINVAL
// LOG The function _printk with variable args is unsupported.
#include "case.h"

SEC("fentry/_printk")
int prog(void* ctx) { return 0; }
