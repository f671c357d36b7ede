// Helpers as data: what each takes, gives, and does to the program's state. One row per helper (helpers.def); a second
// row where the same id means another prototype for some program types. Columns also hold what would otherwise be
// `switch (helper_id)` in the verifier.
#pragma once

#include <span>
#include <string_view>

#include "target/reg_type.h"
#include "target/uapi.h"

namespace skep::target {

// Argument kinds (spec: helpers.md 3; UAPI documentation of the helpers).
enum class ArgKind : u8 {
  None,
  Anything,
  ConstMapPtr,
  MapKey,
  MapValue,
  Mem,
  ConstSize,
  ConstSizeOrZero,
  ConstAllocSizeOrZero,
  Ctx,
  SpinLock,
  SockCommon,
  Socket,
  BtfId,
  BtfIdSockCommon,
  RingbufMem,
  PercpuBtfId,
  Func,
  Stack,
  ConstStr,
  Timer,
  KptrXchgDest,
  Dynptr,
  Arena,
};
enum ArgFlag : u16 {
  kArgNullable = 1,    // a NULL is accepted
  kArgRdonly = 2,      // memory is only read
  kArgUninit = 4,      // memory is an output and need not be initialised; a dynptr to be constructed
  kArgWrite = 8,       // memory is written (whatever else)
  kArgRelease = 16,    // gives the reference up
  kArgFixedSize = 32,  // memory of `size` bytes
  kArgAligned = 64,    // strictly aligned fixed-size memory
  kArgDynLocal = 128,
  kArgDynRingbuf = 256,
  kArgDynSkb = 512,
  kArgDynXdp = 1024,  // dynptr of that kind only
};
struct Arg {
  ArgKind kind = ArgKind::None;
  u16 flags = 0;
  u16 size = 0;               // of kArgFixedSize memory, bytes
  const char* btf = nullptr;  // struct name of a BtfId argument
};

enum class RetKind : u8 { Integer, Void, MapValue, Socket, SockCommon, TcpSock, Mem, MemOrBtfId, BtfId };
struct Ret {
  RetKind kind = RetKind::Integer;
  u32 flags = 0;              // TypeFlag: PTR_MAYBE_NULL, MEM_RINGBUF, MEM_RDONLY, PTR_TRUSTED, DYNPTR_TYPE_*...
  const char* btf = nullptr;  // struct name of a BtfId result
};

enum HelperFlag : u32 {
  kGplOnly = 1u << 0,
  kPktAccess = 1u << 1,  // takes packet pointers as memory
  kMightSleep = 1u << 2,
  kChangesPkt = 1u << 3,  // packet pointers are forgotten after it
  kAcquires =
      1u << 4,       // result carries a new reference (map_lookup_elem does so by map type: MapRules::lookup_acquires)
  kCasts = 1u << 5,  // result shares the argument's reference (PTR_TO sock casts)
  kFastcall = 1u << 6,         // bpf_fastcall: may take part in the spill/fill pattern
  kDynptrData = 1u << 7,       // result is a slice of the dynptr argument
  kWritesMap = 1u << 8,        // refused on a BPF_F_RDONLY_PROG map (delete, update, push, pop)
  kRetvalStackSize = 1u << 9,  // integer result in [-4095, umax of the size argument] (get_stack, probe_read_str ...)
  kRetvalCpuId = 1u << 10,     // result in [0, possible CPUs - 1]
  kCallchain = 1u << 11,       // needs callchain buffers
  kTracksMap = 1u << 12,       // records its map for the map-kind check and inlining (record_func_map)
  kStorageGet = 1u << 13,
  kPtrCastKernCtx = 1u << 14,
  // The helper's own condition on the program ("helper call is not allowed in probe"): see Target::helper_allowed().
  kAllowedSkStorage = 1u << 15,
  kAllowedDPath = 1u << 16,
  kAllowedIma = 1u << 17,
};

// Callback argument and effect classes; None for ordinary helpers.
enum class CallbackKind : u8 { None, ForEachMapElem, Loop, FindVma, UserRingbufDrain, TimerSet };
// Helpers with a rule of their own after argument checks (spec: helpers.md 7).
enum class SpecialRule : u8 {
  None,
  TailCall,
  GetLocalStorage,
  ForEachMapElem,
  TimerSetCallback,
  FindVma,
  Loop,
  UserRingbufDrain,
  Snprintf,
  DynptrFromMem,
  DynptrRead,
  DynptrData,
  DynptrWrite,
  SetRetval,
  PerCpuPtr,
  GetFuncIp,
  KptrXchg,
  SpinLock,
  SpinUnlock,
  TimerInit,
  MapLookup,
  RingbufReserve,
  RingbufSubmitDynptr,
};

struct HelperProto {
  u32 id = 0;
  std::string_view name;  // "bpf_map_lookup_elem"
  Ret ret;
  Arg args[5] = {};
  u32 flags = 0;
  CallbackKind callback = CallbackKind::None;
  SpecialRule special = SpecialRule::None;

  bool has(HelperFlag f) const { return flags & f; }
  int nr_args() const {
    int n = 0;
    while (n < 5 && args[n].kind != ArgKind::None) n++;
    return n;
  }
};

inline constexpr u32 kHelperCount = 212;  // ids 0 (unspec) to 211 in Linux 6.18

}  // namespace skep::target
