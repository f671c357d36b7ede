// See task_memory.h.
#include "engine/task_memory.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/btf_layout.h"
#include "map/geometry.h"

namespace skep::engine {
namespace {

bool read_process(u32 pid, void* to, u64 from, u64 size) {
  const iovec here = {to, size}, there = {reinterpret_cast<void*>(from), size};
  return pid != 0 && process_vm_readv(pid_t(pid), &here, 1, &there, 1, 0) == ssize_t(size);
}

}  // namespace

u32 process_of(const Run& run, u64 task) {
  const btf::Btf* const kernel = run.machine.vmlinux();
  return kernel ? u32(Layout(*kernel, "task_struct").read(reinterpret_cast<const u8*>(task), "tgid")) : 0;
}

bool read_task_memory(const Run& run, u64 task, void* to, u64 from, u64 size) {
  return read_process(process_of(run, task), to, from, size);
}

s64 read_task_string(const Run& run, u64 task, char* to, u64 from, u64 size) {
  const u32 pid = process_of(run, task);
  char page[map::kPageSize];  // what stands behind the string is not the program's
  u64 done = 0;
  while (done + 1 < size) {
    const u64 in_page = map::kPageSize - (from + done) % map::kPageSize;
    const u64 step = std::min(in_page, size - 1 - done);
    if (!read_process(pid, page, from + done, step)) return -EFAULT;
    const u64 length = strnlen(page, step);
    std::memcpy(to + done, page, length);
    done += length;
    if (length < step) break;
  }
  to[done] = 0;
  return s64(done + 1);
}

}  // namespace skep::engine
