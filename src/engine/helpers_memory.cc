// Helpers that read and write memory at addresses nobody has checked. The kernel's memory and a user's are the same
// here: this process'. What cannot be read leaves zeros.
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "engine/memory.h"
#include "engine/task_memory.h"
#include "map/geometry.h"
#include "map/shm/guard.h"

namespace skep::engine {
namespace {

void* pointer(u64 address) { return reinterpret_cast<void*>(address); }

template <Whose whose>
u64 fail(u64 from) {
  return u64(s64(fault_errno(whose, from)));
}

template <Whose whose>
u64 probe_read_as(u64 to, u64 size, u64 from, u64, u64, Run&) {
  const bool nowhere = from < map::kPageSize || (from >= kUserEnd && from < kKernelStart);
  if (size == 0) return nowhere && whose == Whose::Kernel ? fail<whose>(from) : 0;
  if (probe_read(pointer(to), from, u32(size))) return 0;
  std::memset(pointer(to), 0, u32(size));
  return fail<whose>(from);
}

template <Whose whose>
u64 probe_read_str_as(u64 to, u64 size, u64 from, u64, u64, Run&) {
  if (size == 0) return 0;
  const s64 length = read_string(static_cast<char*>(pointer(to)), from, u32(size));
  if (length >= 0) return u64(length);
  std::memset(pointer(to), 0, u32(size));
  return fail<whose>(from);
}

u64 probe_write_user(u64 to, u64 from, u64 size, u64, u64, Run&) {
  return map::guarded_copy(pointer(to), pointer(from), u32(size)) ? 0 : u64(-EFAULT);
}

u64 copy_from_user_task(u64 to, u64 size, u64 from, u64 task, u64 flags, Run& run) {
  if (flags != 0) return u64(-EINVAL);
  if (size == 0) return 0;
  if (read_task_memory(run, task, pointer(to), from, size)) return 0;
  std::memset(pointer(to), 0, size);
  return u64(-EFAULT);
}

constexpr HelperBody kBodies[] = {
    {4, probe_read_as<Whose::Any>},
    {36, probe_write_user},
    {45, probe_read_str_as<Whose::Any>},
    {112, probe_read_as<Whose::User>},
    {113, probe_read_as<Whose::Kernel>},
    {114, probe_read_str_as<Whose::User>},
    {115, probe_read_str_as<Whose::Kernel>},
    {148, probe_read_as<Whose::User>},
    {191, copy_from_user_task},
};

}  // namespace

std::span<const HelperBody> memory_helpers() { return kBodies; }

}  // namespace skep::engine
