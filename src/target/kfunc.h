// Kernel functions as data (kfuncs.def, from data/kfuncs-6.18.tsv): flags and which set is open to which program type.
// Argument kinds come from the kernel's BTF.
#pragma once

#include <string_view>

#include "target/target.h"

namespace skep::target {

enum KfuncFlag : u32 {
  KF_ACQUIRE = 1u << 0,
  KF_RELEASE = 1u << 1,
  KF_RET_NULL = 1u << 2,
  KF_TRUSTED_ARGS = 1u << 4,
  KF_SLEEPABLE = 1u << 5,
  KF_DESTRUCTIVE = 1u << 6,
  KF_RCU = 1u << 7,
  KF_ITER_NEW = 1u << 8,
  KF_ITER_NEXT = 1u << 9,
  KF_ITER_DESTROY = 1u << 10,
  KF_RCU_PROTECTED = 1u << 11,
  KF_FASTCALL = 1u << 12,
  KF_ARENA_RET = 1u << 13,
  KF_ARENA_ARG1 = 1u << 14,
  KF_ARENA_ARG2 = 1u << 15,  // BTF decoration only: no verifier check
};

// Kfuncs the verifier knows by name because they act on its state (spec: kfuncs.md 4 and 7).
enum class SpecialKfunc : u8 {
  None,
  ObjNew,
  ObjDrop,
  PercpuObjNew,
  PercpuObjDrop,
  RefcountAcquire,
  ListPushFront,
  ListPushBack,
  ListPopFront,
  ListPopBack,
  ListFront,
  ListBack,
  RbtreeAdd,
  RbtreeRemove,
  RbtreeFirst,
  RbtreeRoot,
  RbtreeLeft,
  RbtreeRight,
  CastToKernCtx,
  RdonlyCast,
  RcuReadLock,
  RcuReadUnlock,
  PreemptDisable,
  PreemptEnable,
  LocalIrqSave,
  LocalIrqRestore,
  ResSpinLock,
  ResSpinUnlock,
  ResSpinLockIrqsave,
  ResSpinUnlockIrqrestore,
  DynptrFromSkb,
  DynptrFromXdp,
  DynptrFromSkbMeta,
  DynptrSlice,
  DynptrSliceRdwr,
  DynptrClone,
  DynptrFromFile,
  Throw,
  WqInit,
  WqSetCallback,
  TaskWorkSchedule,
  SessionCookie,
  GetKmemCache,
  IterNumNew,
  IterNumNext,
  IterNumDestroy,
  IterCssTaskNew,
  XdpPullData,
  BpfTrap,
  MapSumElemCount,
};

struct KfuncRow {
  std::string_view name;
  u32 flags = 0;
  SpecialKfunc special = SpecialKfunc::None;
  u32 sets = 0;  // bits of the hooks it is registered in, see kfunc.cc
};

// The row by name, or nullptr: not a registered kfunc.
const KfuncRow* kfunc_row(std::string_view name);
// May this program call it: the row as its hook has it (flags can differ by set), or nullptr.
const KfuncRow* kfunc_for(std::string_view name, const ProgKind& kind);
// The kfunc that gives this program a reference of its own to a kernel struct it has a pointer to, as
// bpf_task_acquire() does; nullptr: there is none.
const KfuncRow* acquiring_kfunc(const btf::Btf& kernel, u32 struct_id, const ProgKind& kind);
// Whether this kernel registered the function as a kfunc: it says so with a decl tag in its BTF. A kernel whose
// configuration leaves a kfunc's body out can still have a FUNC of that name (bpf_verify_pkcs7_signature), and a call
// is then "not allowed". True for a BTF without any such tag (older pahole).
bool is_registered_kfunc(const btf::Btf& kernel, u32 func_id);

}  // namespace skep::target
