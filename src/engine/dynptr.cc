// See dynptr.h.
#include "engine/dynptr.h"

#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "engine/packet.h"

namespace skep::engine {
namespace {

constexpr u32 kSkbStoreBytes = 9;  // BPF_FUNC_skb_store_bytes

// What lies before the packet of an skb.
u8* meta_at(const Dynptr& dynptr, u32 from) { return CtxHead::of(dynptr.data).data_meta + dynptr.offset + from; }

}  // namespace

int read_dynptr(const Dynptr& from, u32 offset, void* to, u32 length) {
  if (from.is_null()) return -EINVAL;
  if (!from.has(offset, length)) return -E2BIG;
  switch (from.type()) {
    case DynptrType::Skb:
    case DynptrType::Xdp: return read_packet(*packet_of(from.data), from.offset + offset, to, length) ? 0 : -EFAULT;
    case DynptrType::SkbMeta: std::memmove(to, meta_at(from, offset), length); return 0;
    default: std::memmove(to, from.memory(offset), length); return 0;
  }
}

int write_dynptr(const Dynptr& to, u32 offset, const void* from, u32 length, u64 flags, Run& run) {
  if (to.is_null() || to.is_rdonly()) return -EINVAL;
  if (!to.has(offset, length)) return -E2BIG;
  if (to.type() == DynptrType::Skb) {
    const HelperFn store = helper_body(kSkbStoreBytes);
    return int(store(to.data, to.offset + offset, reinterpret_cast<u64>(from), length, flags, run));
  }
  if (flags != 0) return -EINVAL;
  switch (to.type()) {
    case DynptrType::Xdp: return write_packet(*packet_of(to.data), to.offset + offset, from, length) ? 0 : -EFAULT;
    case DynptrType::SkbMeta: std::memmove(meta_at(to, offset), from, length); return 0;
    default: std::memmove(to.memory(offset), from, length); return 0;
  }
}

u8* dynptr_slice_of(const Dynptr& dynptr, u32 offset, u32 length) {
  if (dynptr.is_null() || !dynptr.has(offset, length)) return nullptr;
  switch (dynptr.type()) {
    case DynptrType::Skb:
    case DynptrType::Xdp: return packet_slice(*packet_of(dynptr.data), dynptr.offset + offset, length);
    case DynptrType::SkbMeta: return meta_at(dynptr, offset);
    default: return dynptr.memory(offset);
  }
}

}  // namespace skep::engine
