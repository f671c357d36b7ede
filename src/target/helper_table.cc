// All helpers of Linux 6.18: the rows of helpers_*.def and an index over them. The prototypes were read off the
// kernel's answers (tools/probe_helpers.py, data/helper-probe-6.18.44.tsv); those of programs that cannot be loaded
// there (LSM, fentry, infrared) from the UAPI's documentation of the helpers.
#include "target/helper_table.h"

#include <array>
#include <iterator>

namespace skep::target {
namespace {

// The words the rows are written in.
constexpr Ret kInt{RetKind::Integer};
constexpr Ret kVoid{RetKind::Void};
constexpr Ret kMapValue{RetKind::MapValue};
constexpr Ret kMapValueOrNull{RetKind::MapValue, PTR_MAYBE_NULL};

constexpr Arg kAny{ArgKind::Anything};
constexpr Arg kCtx{ArgKind::Ctx};
constexpr Arg kMap{ArgKind::ConstMapPtr};
constexpr Arg kKey{ArgKind::MapKey, kArgRdonly};
constexpr Arg kValue{ArgKind::MapValue, kArgRdonly};
constexpr Arg kValueOut{ArgKind::MapValue, kArgUninit | kArgWrite};
constexpr Arg kInitValue{ArgKind::MapValue, kArgNullable | kArgRdonly};  // what local storage starts with

constexpr Arg kMemRo{ArgKind::Mem, kArgRdonly};
constexpr Arg kMemRoOrNull{ArgKind::Mem, kArgRdonly | kArgNullable};
constexpr Arg kMemRw{ArgKind::Mem, kArgWrite};  // written, but must be initialised
constexpr Arg kMemRwOrNull{ArgKind::Mem, kArgWrite | kArgNullable};
constexpr Arg kMemOut{ArgKind::Mem, kArgUninit | kArgWrite};
constexpr Arg kOutLong{ArgKind::Mem, kArgUninit | kArgWrite | kArgFixedSize | kArgAligned, 8};
constexpr Arg fixed_mem(u16 size) { return {ArgKind::Mem, kArgRdonly | kArgFixedSize, size}; }
constexpr Arg kSize{ArgKind::ConstSize};
constexpr Arg kSizeOrZero{ArgKind::ConstSizeOrZero};
constexpr Arg kAllocSize{ArgKind::ConstAllocSizeOrZero};
constexpr Arg kConstStr{ArgKind::ConstStr};

constexpr Arg kSk{ArgKind::BtfIdSockCommon};  // a socket, as its own kind or by BTF
constexpr Arg kSkOrNull{ArgKind::BtfIdSockCommon, kArgNullable};
constexpr Arg kSockCommon{ArgKind::SockCommon};
constexpr Arg btf_id(const char* name, u16 flags = 0) { return {ArgKind::BtfId, flags, 0, name}; }
constexpr Arg kPercpuBtf{ArgKind::PercpuBtfId};

constexpr Arg kFunc{ArgKind::Func};
constexpr Arg kStackOrNull{ArgKind::Stack, kArgNullable};
constexpr Arg kRingbufMem{ArgKind::RingbufMem, kArgRelease};
constexpr Arg kSpinLock{ArgKind::SpinLock};
constexpr Arg kTimer{ArgKind::Timer};
constexpr Arg kKptrDest{ArgKind::KptrXchgDest};
constexpr Arg kKptr{ArgKind::BtfId, kArgNullable | kArgRelease};  // the type is the field's
constexpr Arg dynptr(int flags) { return {ArgKind::Dynptr, u16(flags)}; }

// Types whose socket option helpers take a socket and not the context.
constexpr u64 kSockOptOnSocket =
    types(BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_TRACING, BPF_PROG_TYPE_LSM);

constexpr HelperRow kRows[] = {
#include "target/helpers_map.def"
#include "target/helpers_net.def"
#include "target/helpers_trace.def"
};

struct Slice {
  u16 first = 0, count = 0;
};
using Index = std::array<Slice, kHelperCount>;

constexpr Index make_index() {
  Index index{};
  for (u16 i = 0; i < std::size(kRows); i++) {
    Slice& slice = index[kRows[i].proto.id];
    if (slice.count == 0) slice.first = i;
    slice.count++;
  }
  return index;
}
constexpr Index kIndex = make_index();

constexpr bool rows_are_well_formed() {
  for (u32 id = 1; id < kHelperCount; id++) {
    const Slice& slice = kIndex[id];
    if (slice.count == 0) return false;
    for (u16 i = 0; i < slice.count; i++) {
      const HelperRow& row = kRows[slice.first + i];
      bool canonical = i + 1 == slice.count;
      if (row.proto.id != id || (row.only == 0) != canonical) return false;
    }
  }
  return true;
}
static_assert(rows_are_well_formed(), "every helper has adjacent rows, its variants first");

}  // namespace

std::span<const HelperRow> helper_rows() { return kRows; }

const HelperProto* helper_row(u32 id) {
  if (id == 0 || id >= kHelperCount) return nullptr;
  return &kRows[kIndex[id].first + kIndex[id].count - 1].proto;
}

const HelperProto* helper_row_for(u32 id, u32 prog_type) {
  if (id == 0 || id >= kHelperCount) return nullptr;
  const Slice& slice = kIndex[id];
  for (u16 i = 0; i < slice.count; i++) {
    const HelperRow& row = kRows[slice.first + i];
    if (row.only == 0 || (row.only & type_bit(prog_type))) return &row.proto;
  }
  return nullptr;
}

}  // namespace skep::target
