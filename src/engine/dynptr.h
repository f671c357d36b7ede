// Dynptrs: struct bpf_dynptr as Linux lays it out behind its 16 opaque bytes, and access to what it points to. Packets
// behind dynptrs are read and written by packet.h.
#pragma once

#include "engine/run.h"

namespace skep::engine {

inline constexpr u32 kMaxDynptrSize = (1u << 24) - 1;  // bytes

enum class DynptrType : u8 { Invalid, Local, Ringbuf, Skb, Xdp, SkbMeta };

struct Dynptr {
  u64 data = 0;  // address, or the context of a packet; 0: a null dynptr
  u32 word = 0;  // size, type, and whether it is for reading only
  u32 offset = 0;

  static constexpr u32 kTypeShift = 28, kTypeMask = 7, kRdonly = 1u << 31;

  Dynptr() = default;
  Dynptr(u64 at, DynptrType type, u32 size) : data(at), word(size | u32(type) << kTypeShift) {}
  static Dynptr& at(u64 address) { return *reinterpret_cast<Dynptr*>(address); }

  bool is_null() const { return data == 0; }
  DynptrType type() const { return DynptrType((word >> kTypeShift) & kTypeMask); }
  u32 size() const { return word & kMaxDynptrSize; }
  void set_size(u32 size) { word = (word & ~kMaxDynptrSize) | size; }
  bool is_rdonly() const { return word & kRdonly; }
  bool is_memory() const { return type() == DynptrType::Local || type() == DynptrType::Ringbuf; }
  // Whether `length` bytes from `from` on lie within it.
  bool has(u64 from, u64 length) const { return length <= size() && from <= size() - length; }
  u8* memory(u32 from) const { return reinterpret_cast<u8*>(data) + offset + from; }
};
static_assert(sizeof(Dynptr) == 16);

// 0; -EINVAL: null; -E2BIG: not that long.
int read_dynptr(const Dynptr& from, u32 offset, void* to, u32 length);
// 0; -EINVAL: null, for reading only, or flags that this kind does not have; -E2BIG: not that long. `flags`: those of
// bpf_skb_store_bytes(), for its kind.
int write_dynptr(const Dynptr& to, u32 offset, const void* from, u32 length, u64 flags, Run& run);
// The bytes in place; null if they do not lie in one piece, or not within it.
u8* dynptr_slice_of(const Dynptr& dynptr, u32 offset, u32 length);

}  // namespace skep::engine
