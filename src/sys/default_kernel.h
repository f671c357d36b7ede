// The kernel behind the C interface: one per process.
#pragma once

#include "sys/kernel.h"

namespace skep::sys {

// Made at the first call, never destroyed: another thread may be in a call when the process exits.
Kernel& default_kernel();

}  // namespace skep::sys
