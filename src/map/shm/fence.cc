// See fence.h.
#include "map/shm/fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace skep::map {

bool heavy_fence() {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool register_light_fence() { return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0; }

}  // namespace skep::map
