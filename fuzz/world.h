// What all programs of a run share: maps, types, and the running kernel's types. Described once (in the syntax of text
// cases, so that a program's part of it can be written as one), made on each side.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "case.h"
#include "fuzz/program.h"
#include "types.h"

namespace skep::fuzz {

// Maps of the world, in its order.
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
  kGraph,
  kKptrs,
  kResLocked,
  kWork,
  kArena,
  kUserRing,
  kMapSlots,
};

// Kfuncs the generator calls, in the order of their names (world.cc).
enum KfuncSlot : u8 {
  kIterNumNew,
  kIterNumNext,
  kIterNumDestroy,
  kIterBitsNew,
  kIterBitsNext,
  kIterBitsDestroy,
  kIterTaskNew,
  kIterTaskNext,
  kIterTaskDestroy,
  kIterCssNew,
  kIterCssNext,
  kIterCssDestroy,
  kIterVmaNew,
  kIterVmaNext,
  kIterVmaDestroy,
  kRcuLock,
  kRcuUnlock,
  kPreemptDisable,
  kPreemptEnable,
  kIrqSave,
  kIrqRestore,
  kResLock,
  kResUnlock,
  kResLockIrq,
  kResUnlockIrq,
  kTaskFromPid,
  kTaskAcquire,
  kTaskRelease,
  kTaskUnderCgroup,
  kCgroupFromId,
  kCgroupAcquire,
  kCgroupRelease,
  kCgroupAncestor,
  kCpumaskCreate,
  kCpumaskAcquire,
  kCpumaskRelease,
  kCpumaskSetCpu,
  kCpumaskFirst,
  kCpumaskAnd,
  kDynptrSlice,
  kDynptrSliceRdwr,
  kDynptrSize,
  kDynptrAdjust,
  kDynptrIsNull,
  kDynptrIsRdonly,
  kDynptrClone,
  kDynptrCopy,
  kDynptrMemset,
  kDynptrFromSkb,
  kDynptrFromXdp,
  kObjNew,
  kObjDrop,
  kPercpuObjNew,
  kPercpuObjDrop,
  kRefcountAcquire,
  kListPushFront,
  kListPushBack,
  kListPopFront,
  kListPopBack,
  kListFront,
  kListBack,
  kRbtreeAdd,
  kRbtreeRemove,
  kRbtreeFirst,
  kRbtreeRoot,
  kRbtreeLeft,
  kRbtreeRight,
  kThrow,
  kWqInit,
  kWqSetCallback,
  kWqStart,
  kTaskWorkSignal,
  kTaskWorkResume,
  kArenaAlloc,
  kArenaFree,
  kCastToKernCtx,
  kRdonlyCast,
  kKmemCache,
  kKfuncSlots,
};

struct World {
  cases::Case text;        // STRUCT, MAP, FUNC and TAG of everything
  cases::CaseTypes types;  // the BTF of that
  std::shared_ptr<const btf::Btf> kernel;
  std::vector<s32> kfuncs;  // by KfuncSlot: ids in `kernel`, 0 if it has none of the name

  const cases::MapSpec& map(size_t slot) const { return text.maps[slot]; }
  const cases::FuncSpec& func(FuncKind kind) const { return text.funcs[size_t(kind)]; }
  u32 func_id(FuncKind kind) const { return types.ids.at(func(kind).name); }
  u32 type_id(std::string_view name) const { return types.ids.find(name)->second; }
};

const char* kfunc_name(size_t slot);

// The world with these types of the running kernel. EINVAL if its description is wrong.
Result<World> make_world(std::shared_ptr<const btf::Btf> kernel);

}  // namespace skep::fuzz
