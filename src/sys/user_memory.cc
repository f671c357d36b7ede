// process_vm_readv on ourselves: the one copy that reports a bad address as EFAULT.
#include "sys/user_memory.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skep::sys {
namespace {

using Transfer = ssize_t (*)(pid_t, const iovec*, unsigned long, const iovec*, unsigned long, unsigned long);

// 1: done, 0: bad address, -1: the call is not available here.
int transfer(Transfer call, void* local, u64 remote, u64 size) {
  u64 done = 0;
  while (done < size) {
    const iovec ours{static_cast<u8*>(local) + done, size - done};
    const iovec theirs{reinterpret_cast<void*>(remote + done), size - done};
    const ssize_t n = call(getpid(), &ours, 1, &theirs, 1, 0);
    if (n <= 0) return n < 0 && (errno == EPERM || errno == ENOSYS || errno == EACCES) ? -1 : 0;
    done += u64(n);
  }
  return 1;
}

}  // namespace

bool copy_from_user(void* to, u64 from, u64 size) {
  if (size == 0) return true;
  const int saved = errno;
  const int result = transfer(process_vm_readv, to, from, size);
  errno = saved;
  if (result < 0) std::memcpy(to, reinterpret_cast<const void*>(from), size);
  return result != 0;
}

bool copy_to_user(u64 to, const void* from, u64 size) {
  if (size == 0) return true;
  const int saved = errno;
  const int result = transfer(process_vm_writev, const_cast<void*>(from), to, size);
  errno = saved;
  if (result < 0) std::memcpy(reinterpret_cast<void*>(to), from, size);
  return result != 0;
}

int check_zeroed_user(u64 from, u64 size) {
  u8 bytes[512];
  for (u64 done = 0; done < size;) {
    const u64 n = std::min<u64>(size - done, sizeof(bytes));
    if (!copy_from_user(bytes, from + done, n)) return -EFAULT;
    if (!std::all_of(bytes, bytes + n, [](u8 b) { return b == 0; })) return 0;
    done += n;
  }
  return 1;
}

}  // namespace skep::sys
