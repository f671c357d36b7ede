// Kernel functions inside call/: what is known of one (KfuncProto), what a call has told so far (KfuncCall), and the
// steps of check_kfunc_call(), one file each. Spec: kfuncs.md.
#pragma once

#include <vector>

#include "verifier/call/call.h"

namespace skep::verifier {

// Structs that are more than memory to the verifier, by name.
enum class Pointee : u8 {
  Other,
  Ctx,
  Dynptr,
  ListHead,
  ListNode,
  RbRoot,
  RbNode,
  Workqueue,
  TaskWork,
  ResSpinLock,
};

// What a parameter's name says by its ending ("p__nullable") or, for the last two, by being the whole name.
enum ParamTag : u32 {
  kParamIgn = 1u << 0,
  kParamProg = 1u << 1,
  kParamConst = 1u << 2,
  kParamNullable = 1u << 3,
  kParamAlloc = 1u << 4,
  kParamRefcounted = 1u << 5,
  kParamIter = 1u << 6,
  kParamStr = 1u << 7,
  kParamMap = 1u << 8,
  kParamIrqFlag = 1u << 9,
  kParamUninit = 1u << 10,
  kParamOpt = 1u << 11,
  kParamSize = 1u << 12,
  kParamConstSize = 1u << 13,
  kParamRdonlyBufSize = 1u << 14,
  kParamRdwrBufSize = 1u << 15,
};

struct KfuncParam {
  std::string_view name;
  const btf::Type* type = nullptr;  // after modifiers
  bool is_scalar = false, is_ptr = false;
  u32 tags = 0;  // ParamTag
  // Of a pointer, after modifiers:
  const btf::Type* pointee = nullptr;
  u32 pointee_id = 0;
  std::string_view pointee_name;
  Pointee pointee_kind = Pointee::Other;

  bool has(ParamTag tag) const { return tags & tag; }
};

// A kfunc's prototype as the verifier reads it, and its row for this program.
struct KfuncProto {
  std::vector<KfuncParam> params;
  const btf::Type* ret = nullptr;         // after modifiers; void: Kind::Unknown
  std::shared_ptr<const ProgBtf> module;  // keeps a module's types; null for vmlinux
  // Asked for first when the attach target is known; null: this program may not call it.
  const target::KfuncRow* row = nullptr;
  bool row_known = false;
};

// What the arguments of a kfunc call have told (bpf_kfunc_call_arg_meta).
struct KfuncCall {
  const KfuncDesc* desc = nullptr;
  const target::KfuncRow* row = nullptr;
  u32 flags = 0;                                              // KF_*
  target::SpecialKfunc special = target::SpecialKfunc::None;  // None for a module's

  u32 ref_obj_id = 0;  // of the last referenced argument
  u8 release_regno = 0;
  bool const_found = false;  // the __k or __szk argument
  u64 const_value = 0;
  u64 ret_size = 0;  // bytes of a returned buffer
  bool ret_rdonly = false;
  bool owning_arg = false;  // of bpf_refcount_acquire: never null
  const btf::Btf* arg_types = nullptr;
  u32 arg_btf_id = 0;                      // type of the object argument
  u32 ret_btf_id = 0;                      // bpf_cast_to_kern_ctx: a vmlinux type
  const btf::RecordField* root = nullptr;  // list head or tree root, and whose types it is of
  const btf::Btf* root_types = nullptr;
  const map::MapMeta* map = nullptr;
  u32 map_uid = 0;                               // of a wq or task_work
  u32 subprog = 0;                               // callback
  DynptrType dynptr_type = DynptrType::Invalid;  // the initialised dynptr argument
  u32 dynptr_id = 0, dynptr_ref_obj_id = 0;
  int iter_spi = -1;
  u32 iter_frameno = 0;

  bool has(target::KfuncFlag flag) const { return flags & flag; }
  bool is(target::SpecialKfunc which) const { return special == which; }
  // KF_RELEASE implies trusted arguments.
  bool trusted_args() const { return flags & (target::KF_TRUSTED_ARGS | target::KF_RELEASE); }
  bool ret_null() const {
    return has(target::KF_RET_NULL) && !(is(target::SpecialKfunc::RefcountAcquire) && owning_arg);
  }
  bool is_iter() const { return flags & (target::KF_ITER_NEW | target::KF_ITER_NEXT | target::KF_ITER_DESTROY); }
  const btf::Btf& types() const { return *desc->types; }
  std::string_view name() const { return desc->name; }
};

// kfunc_collect.cc
target::SpecialKfunc special_kfunc(const Env&, const isa::Insn&);  // of a call; None if it is not one of vmlinux'
const target::KfuncRow* kfunc_allowed_row(const Env&, const KfuncDesc&);
u32 kfunc_prog_type(const Env&);  // freplace: its target's
// The kernel's own context type of the program type (struct bpf_ctx_convert of vmlinux); 0: none is known.
u32 kern_ctx_type(const Env&);
std::shared_ptr<KfuncProto> decode_kfunc_proto(const Env&, const KfuncDesc&);

// kfunc_args.cc, kfunc_ret.cc, kfunc_special.cc
Outcome check_kfunc_args(Env&, KfuncCall&, int insn_idx);
Outcome set_kfunc_result(Env&, KfuncCall&, int insn_idx);
// Results of kfuncs that BTF alone does not describe; false: an ordinary pointer result.
Outcome check_special_kfunc(Env&, KfuncCall&, bool& handled);
// A struct of integers and enums, all the way down (__btf_type_is_scalar_struct).
bool is_scalar_struct(Env&, const btf::Btf& types, const btf::Type* t, int depth = 0);

// irq.cc, iter.cc, graph.cc
Outcome process_irq_flag(Env&, u32 regno, const KfuncCall&, int insn_idx);
Outcome process_iter_arg(Env&, u32 regno, KfuncCall&, int insn_idx);
Outcome process_iter_next_call(Env&, const KfuncCall&, int insn_idx);
Outcome process_graph_root(Env&, u32 regno, KfuncCall&, btf::Field root);
Outcome process_graph_node(Env&, u32 regno, KfuncCall&, btf::Field node);
// Ownership goes into the list or tree: the copies stay as non-owning references, the reference is gone (protocols.md
// 11).
Outcome give_to_graph(Env&, const KfuncCall&);
void ref_set_non_owning(Env&, RegState&);
const void* lock_object(const RegState&);  // lock.cc: the map or BTF half of a lock's identity

// rcu.cc: sections that a kfunc opens, closes, or may not sleep in (kfuncs.md 4, steps 9 to 12).
Outcome process_sections(Env&, const KfuncCall&);

}  // namespace skep::verifier
