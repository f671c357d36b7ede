// What all programs of a run share: maps, types, kfunc ids. Described once, made on each side.
#pragma once

#include <span>
#include <vector>

#include "base/types.h"
#include "btf/btf.h"
#include "fuzz/program.h"
#include "target/uapi.h"

namespace skep::fuzz {

// Slots of the world, in the order of kMaps.
enum MapSlot : u8 {
  kArray,
  kHash,
  kPercpuArray,
  kRingbuf,
  kProgArray,
  kLruHash,
  kQueue,
  kStack,
  kBloom,
  kReadOnly,
  kInner,
  kArrayOfMaps,
  kLocked,
  kTimer,
  kPerfEvents,
  kDevmap,
  kCpumap,
  kXskmap,
  kLpm,
  kHashOfMaps,
  kSockmap,
  kStackTrace,
  kBigArray,
  kMapSlots,
};

struct MapRow {
  const char* name;
  u32 type, key_size, value_size, max_entries, flags;
  int inner;               // slot of the template, or -1
  u32 btf_key, btf_value;  // type ids of the world's BTF, or 0
};

std::span<const MapRow> map_rows();

// Type ids of the world's BTF that others need.
u32 btf_func_id(FuncKind kind);
const char* btf_func_name(FuncKind kind);
std::vector<u8> btf_bytes();

// Kfuncs the generator calls: BTF ids of the target's vmlinux, 0 if it has none of the name.
enum KfuncSlot : u8 {
  kIterNumNew,
  kIterNumNext,
  kIterNumDestroy,
  kRcuLock,
  kRcuUnlock,
  kPreemptDisable,
  kPreemptEnable,
  kIrqSave,
  kIrqRestore,
  kTaskFromPid,
  kTaskRelease,
  kCpumaskCreate,
  kCpumaskRelease,
  kCpumaskSetCpu,
  kDynptrSlice,
  kDynptrSize,
  kDynptrAdjust,
  kCgroupFromId,
  kCgroupRelease,
  kTaskAcquire,
  kDynptrFromSkb,
  kDynptrFromXdp,
  kDynptrIsNull,
  kKfuncSlots,
};
const char* kfunc_name(KfuncSlot slot);
std::vector<s32> kfunc_ids(const btf::Btf* vmlinux);

}  // namespace skep::fuzz
