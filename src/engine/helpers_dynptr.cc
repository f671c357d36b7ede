// Helpers on dynptrs, but for those of ring buffers (helpers_ringbuf.cc).
#include <cerrno>

#include "engine/bodies.h"
#include "engine/dynptr.h"

namespace skep::engine {
namespace {

u64 dynptr_from_mem(u64 data, u64 size, u64 flags, u64 out, u64, Run&) {
  const bool ok = u32(size) <= kMaxDynptrSize && flags == 0;
  Dynptr::at(out) = ok ? Dynptr(data, DynptrType::Local, u32(size)) : Dynptr();
  return ok ? 0 : u64(u32(size) > kMaxDynptrSize ? -E2BIG : -EINVAL);
}

u64 dynptr_read(u64 to, u64 length, u64 from, u64 offset, u64 flags, Run&) {
  if (flags != 0) return u64(-EINVAL);
  return u64(s64(read_dynptr(Dynptr::at(from), u32(offset), reinterpret_cast<void*>(to), u32(length))));
}

u64 dynptr_write(u64 to, u64 offset, u64 from, u64 length, u64 flags, Run& run) {
  const auto* const bytes = reinterpret_cast<const void*>(from);
  return u64(s64(write_dynptr(Dynptr::at(to), u32(offset), bytes, u32(length), flags, run)));
}

u64 dynptr_data(u64 from, u64 offset, u64 length, u64, u64, Run&) {
  const Dynptr& dynptr = Dynptr::at(from);
  if (dynptr.is_null() || dynptr.is_rdonly() || !dynptr.is_memory() || !dynptr.has(u32(offset), u32(length))) return 0;
  return reinterpret_cast<u64>(dynptr.memory(u32(offset)));
}

constexpr HelperBody kBodies[] = {{197, dynptr_from_mem}, {201, dynptr_read}, {202, dynptr_write}, {203, dynptr_data}};

}  // namespace

std::span<const HelperBody> dynptr_helpers() { return kBodies; }

}  // namespace skep::engine
