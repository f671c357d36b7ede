// Kfuncs on dynptrs. Lengths and offsets are 32 bits, as in Linux 6.18.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/bodies.h"
#include "engine/dynptr.h"
#include "engine/memory.h"
#include "engine/packet.h"
#include "engine/task_memory.h"
#include "map/shm/guard.h"

namespace skep::engine {
namespace {

// --- making them ----------------------------------------------------------------------------------------------------

u64 from_packet(u64 ctx, u64 flags, u64 out, DynptrType type, u32 size, Run& run) {
  Dynptr& dynptr = Dynptr::at(out);
  dynptr = Dynptr();
  if (flags != 0) return u64(-EINVAL);
  dynptr = Dynptr(ctx, type, size);
  if (!run.machine.target().may_access_packet(run.code->facts->kind.prog_type, true)) dynptr.word |= Dynptr::kRdonly;
  return 0;
}

u64 dynptr_from_skb(u64 ctx, u64 flags, u64 out, u64, u64, Run& run) {
  return from_packet(ctx, flags, out, DynptrType::Skb, packet_of(ctx)->size(), run);
}

u64 dynptr_from_xdp(u64 ctx, u64 flags, u64 out, u64, u64, Run& run) {
  return from_packet(ctx, flags, out, DynptrType::Xdp, packet_of(ctx)->size(), run);
}

u64 dynptr_from_skb_meta(u64 ctx, u64 flags, u64 out, u64, u64, Run& run) {
  const CtxHead& head = CtxHead::of(ctx);
  return from_packet(ctx, flags, out, DynptrType::SkbMeta, u32(head.data - head.data_meta), run);
}

// --- slices, bounds -------------------------------------------------------------------------------------------------

u64 slice_of(const Dynptr& dynptr, u32 offset, u64 buffer, u32 size) {
  if (u8* const place = dynptr_slice_of(dynptr, offset, size)) return reinterpret_cast<u64>(place);
  const bool copied = buffer != 0 && read_dynptr(dynptr, offset, reinterpret_cast<void*>(buffer), size) == 0;
  return copied ? buffer : 0;
}

u64 dynptr_slice(u64 from, u64 offset, u64 buffer, u64 size, u64, Run&) {
  return slice_of(Dynptr::at(from), u32(offset), buffer, u32(size));
}

u64 dynptr_slice_rdwr(u64 from, u64 offset, u64 buffer, u64 size, u64, Run&) {
  const Dynptr& dynptr = Dynptr::at(from);
  return dynptr.is_rdonly() ? 0 : slice_of(dynptr, u32(offset), buffer, u32(size));
}

u64 dynptr_adjust(u64 at, u64 start, u64 end, u64, u64, Run&) {
  Dynptr& dynptr = Dynptr::at(at);
  const u32 from = u32(start), to = u32(end);
  if (dynptr.is_null() || from > to) return u64(-EINVAL);
  if (to > dynptr.size()) return u64(-ERANGE);
  dynptr.offset += from;
  dynptr.set_size(to - from);
  return 0;
}

u64 dynptr_is_null(u64 at, u64, u64, u64, u64, Run&) { return Dynptr::at(at).is_null(); }
u64 dynptr_is_rdonly(u64 at, u64, u64, u64, u64, Run&) {
  return !Dynptr::at(at).is_null() && Dynptr::at(at).is_rdonly();
}
u64 dynptr_size(u64 at, u64, u64, u64, u64, Run&) {
  return Dynptr::at(at).is_null() ? u32(-EINVAL) : Dynptr::at(at).size();
}

u64 dynptr_clone(u64 from, u64 to, u64, u64, u64, Run&) {
  Dynptr::at(to) = Dynptr::at(from).is_null() ? Dynptr() : Dynptr::at(from);
  return Dynptr::at(from).is_null() ? u64(-EINVAL) : 0;
}

constexpr u32 kPiece = 256;  // bytes moved at a time between dynptrs that are no plain memory

u64 dynptr_copy(u64 to_at, u64 to_offset, u64 from_at, u64 from_offset, u64 size, Run& run) {
  const Dynptr &to = Dynptr::at(to_at), &from = Dynptr::at(from_at);
  const u32 length = u32(size), to_start = u32(to_offset), from_start = u32(from_offset);
  if (to.is_null() || to.is_rdonly() || from.is_null()) return u64(-EINVAL);
  if (!to.has(to_start, length) || !from.has(from_start, length)) return u64(-E2BIG);
  u8* const source = dynptr_slice_of(from, from_start, length);
  if (source && to.is_memory()) {
    std::memmove(to.memory(to_start), source, length);
    return 0;
  }
  u8 piece[kPiece];
  for (u32 done = 0; done < length;) {
    const u32 step = std::min(kPiece, length - done);
    int err = read_dynptr(from, from_start + done, piece, step);
    if (err == 0) err = write_dynptr(to, to_start + done, piece, step, 0, run);
    if (err != 0) return u64(s64(err));
    done += step;
  }
  return 0;
}

u64 dynptr_memset(u64 at, u64 offset, u64 size, u64 value, u64, Run& run) {
  const Dynptr& dynptr = Dynptr::at(at);
  if (dynptr.is_rdonly()) return u64(-EINVAL);
  if (!dynptr.has(u32(offset), u32(size))) return u64(-E2BIG);
  u8 piece[kPiece];
  std::memset(piece, u8(value), sizeof(piece));
  for (u32 done = 0; done < u32(size);) {
    const u32 step = std::min(kPiece, u32(size) - done);
    if (const int err = write_dynptr(dynptr, u32(offset) + done, piece, step, 0, run)) return u64(s64(err));
    done += step;
  }
  return 0;
}

// --- from memory at any address into a dynptr -----------------------------------------------------------------------
// (Into fragments of a packet: -EOPNOTSUPP if the bytes do not lie in one piece.)

using Reader = s64 (*)(char* to, u64 from, u32 size, const Run& run, u64 task);  // bytes read, or -errno

template <Whose whose>
s64 read_bytes(char* to, u64 from, u32 size, const Run&, u64) {
  return map::guarded_copy(to, reinterpret_cast<void*>(from), size) ? s64(size) : fault_errno(whose, from);
}

template <Whose whose>
s64 read_text(char* to, u64 from, u32 size, const Run&, u64) {
  const s64 length = read_string(to, from, size);
  return length < 0 ? fault_errno(whose, from) : length;
}

// What cannot be copied leaves zeros.
s64 copy_bytes(char* to, u64 from, u32 size, const Run&, u64) {
  if (map::guarded_copy(to, reinterpret_cast<void*>(from), size)) return size;
  std::memset(to, 0, size);
  return -EFAULT;
}

s64 copy_task(char* to, u64 from, u32 size, const Run& run, u64 task) {
  if (read_task_memory(run, task, to, from, size)) return size;
  std::memset(to, 0, size);
  return -EFAULT;
}

s64 copy_task_text(char* to, u64 from, u32 size, const Run& run, u64 task) {
  return read_task_string(run, task, to, from, size);
}

u64 fill(u64 at, u64 offset, u64 size, u64 from, Reader reader, const Run& run, u64 task) {
  const Dynptr& to = Dynptr::at(at);
  if (to.is_rdonly()) return u64(-EINVAL);
  if (!to.has(u32(offset), u32(size))) return u64(-E2BIG);
  if (u32(size) == 0) return 0;
  u8* const place = dynptr_slice_of(to, u32(offset), u32(size));
  return place ? u64(reader(reinterpret_cast<char*>(place), from, u32(size), run, task)) : u64(-EOPNOTSUPP);
}

template <Reader reader>
u64 fill_bytes(u64 to, u64 offset, u64 size, u64 from, u64 task, Run& run) {
  const u64 result = fill(to, offset, size, from, reader, run, task);
  return s64(result) < 0 ? result : 0;
}

template <Reader reader>
u64 fill_text(u64 to, u64 offset, u64 size, u64 from, u64 task, Run& run) {
  return fill(to, offset, size, from, reader, run, task);
}

constexpr KfuncBody kBodies[] = {
    {"bpf_dynptr_from_skb", dynptr_from_skb},
    {"bpf_dynptr_from_xdp", dynptr_from_xdp},
    {"bpf_dynptr_from_skb_meta", dynptr_from_skb_meta},
    {"bpf_dynptr_slice", dynptr_slice},
    {"bpf_dynptr_slice_rdwr", dynptr_slice_rdwr},
    {"bpf_dynptr_adjust", dynptr_adjust},
    {"bpf_dynptr_is_null", dynptr_is_null},
    {"bpf_dynptr_is_rdonly", dynptr_is_rdonly},
    {"bpf_dynptr_size", dynptr_size},
    {"bpf_dynptr_clone", dynptr_clone},
    {"bpf_dynptr_copy", dynptr_copy},
    {"bpf_dynptr_memset", dynptr_memset},
    {"bpf_probe_read_user_dynptr", fill_bytes<read_bytes<Whose::User>>},
    {"bpf_probe_read_kernel_dynptr", fill_bytes<read_bytes<Whose::Kernel>>},
    {"bpf_probe_read_user_str_dynptr", fill_text<read_text<Whose::User>>},
    {"bpf_probe_read_kernel_str_dynptr", fill_text<read_text<Whose::Kernel>>},
    {"bpf_copy_from_user_dynptr", fill_bytes<copy_bytes>},
    {"bpf_copy_from_user_str_dynptr", fill_text<read_text<Whose::User>>},
    {"bpf_copy_from_user_task_dynptr", fill_bytes<copy_task>},
    {"bpf_copy_from_user_task_str_dynptr", fill_text<copy_task_text>},
};

}  // namespace

std::span<const KfuncBody> dynptr_kfuncs() { return kBodies; }

}  // namespace skep::engine
