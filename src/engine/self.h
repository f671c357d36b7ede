// The process that runs programs, as programs ask about it: its cgroup.
#pragma once

#include "base/types.h"

namespace skep::engine {

// Id of this process' cgroup (of the unified hierarchy) at `level`: 0 is the root; kOwnLevel its own. 0: it is not that
// deep, or cgroupfs does not show it.
inline constexpr int kOwnLevel = -1;
u64 own_cgroup_id(int level);

}  // namespace skep::engine
