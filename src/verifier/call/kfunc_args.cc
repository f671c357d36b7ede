// Arguments of a kfunc call: what the parameter's type and name ask of the register (check_kfunc_args). Spec:
// kfuncs.md 5.
#include "verifier/call/kfunc.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

constexpr u32 kMaxArgs = 5;  // MAX_BPF_FUNC_REG_ARGS

// What a pointer argument must be (kfuncs.md 5.1).
enum class ArgClass {
  Ctx,
  Null,
  AllocObj,
  Refcounted,
  Dynptr,
  Iter,
  ListHead,
  ListNode,
  RbRoot,
  RbNode,
  ConstStr,
  Map,
  Workqueue,
  TaskWork,
  IrqFlag,
  ResSpinLock,
  BtfId,
  Callback,
  Mem,
  MemSize,
};

struct Arg {
  const KfuncParam& param;
  u32 index;  // from 0; the register is index + 1
  u32 regno() const { return index + 1; }
};

// --- scalars --------------------------------------------------------------------------------------------------------

Outcome take_constant(Env& env, KfuncCall& call, u32 regno) {
  if (call.const_found) return env.verifier_bug("only one constant argument permitted");
  if (!env.cregs()[regno].var.is_const()) return env.reject(diag::RegMustBeConstant{}, regno);
  SKEP_TRY(mark_chain_precision(env, int(regno)));
  call.const_found = true;
  call.const_value = env.cregs()[regno].const_value();
  return kOk;
}

Outcome take_buffer_size(Env& env, KfuncCall& call, const Arg& arg) {
  if (call.ret_size) return env.reject(diag::TwoBufSizeParams{});
  if (!env.cregs()[arg.regno()].var.is_const()) return env.reject(diag::RegNotConst{}, arg.regno());
  call.ret_size = env.cregs()[arg.regno()].const_value();
  call.ret_rdonly = arg.param.has(kParamRdonlyBufSize);
  return mark_chain_precision(env, int(arg.regno()));
}

Outcome check_scalar_arg(Env& env, KfuncCall& call, const Arg& arg) {
  if (env.cregs()[arg.regno()].type != SCALAR_VALUE) return env.reject(diag::RegNotScalar{}, arg.regno());
  if (arg.param.has(kParamConst)) return take_constant(env, call, arg.regno());
  if (arg.param.tags & (kParamRdonlyBufSize | kParamRdwrBufSize)) return take_buffer_size(env, call, arg);
  return kOk;
}

// --- classification -------------------------------------------------------------------------------------------------

// The kernel type behind a socket or map register; 0: it is none of these (reg2btf_ids).
u32 implied_btf_id(const Env& env, RegBase base) {
  switch (base) {
    case PTR_TO_SOCKET: return env.vmlinux_struct("sock");
    case PTR_TO_SOCK_COMMON: return env.vmlinux_struct("sock_common");
    case PTR_TO_TCP_SOCK: return env.vmlinux_struct("tcp_sock");
    case CONST_PTR_TO_MAP: return env.vmlinux_struct("bpf_map");
    default: return 0;
  }
}

bool may_be_btf_pointer(RegBase base) {
  return base == PTR_TO_BTF_ID || base == PTR_TO_SOCKET || base == PTR_TO_SOCK_COMMON || base == PTR_TO_TCP_SOCK ||
         base == CONST_PTR_TO_MAP;
}

bool is_sized_memory(const Env& env, const KfuncCall& call, const Arg& arg) {
  const auto& params = call.desc->info->params;
  if (arg.index + 1 >= params.size()) return false;
  const KfuncParam& size = params[arg.index + 1];
  return size.is_scalar && (size.tags & (kParamSize | kParamConstSize)) &&
         env.cregs()[arg.regno() + 1].type == SCALAR_VALUE;
}

Outcome classify_memory(Env& env, const KfuncCall& call, const Arg& arg, ArgClass& out) {
  bool sized = is_sized_memory(env, call, arg);
  const btf::Type* pointee = arg.param.pointee;
  bool fits =
      btf::is_scalar(pointee) || is_scalar_struct(env, call.types(), pointee) || (sized && btf::is_void(pointee));
  if (!fits)
    return env.reject(diag::KfuncArgMustPointToScalar{}, arg.index, btf::kind_name(pointee), arg.param.pointee_name,
                      sized ? "void, " : "");
  out = sized ? ArgClass::MemSize : ArgClass::Mem;
  return kOk;
}

// Classes that the pointee's struct decides, below those that the parameter's name decides; Mem: it does not.
ArgClass class_of_graph_pointee(Pointee kind) {
  switch (kind) {
    case Pointee::ListHead: return ArgClass::ListHead;
    case Pointee::ListNode: return ArgClass::ListNode;
    case Pointee::RbRoot: return ArgClass::RbRoot;
    case Pointee::RbNode: return ArgClass::RbNode;
    default: return ArgClass::Mem;
  }
}

// First match wins.
Outcome classify(Env& env, const KfuncCall& call, const Arg& arg, ArgClass& out) {
  const KfuncParam& param = arg.param;
  const RegState& reg = env.cregs()[arg.regno()];
  auto is = [&](ArgClass c) {
    out = c;
    return kOk;
  };
  if (call.is(SpecialKfunc::CastToKernCtx) || param.pointee_kind == Pointee::Ctx) return is(ArgClass::Ctx);
  if (param.has(kParamNullable) && reg.is_null()) return is(ArgClass::Null);
  if (param.has(kParamAlloc)) return is(ArgClass::AllocObj);
  if (param.has(kParamRefcounted)) return is(ArgClass::Refcounted);
  if (param.pointee_kind == Pointee::Dynptr) return is(ArgClass::Dynptr);
  if ((call.is_iter() && arg.index == 0) || param.has(kParamIter)) return is(ArgClass::Iter);
  ArgClass graph = class_of_graph_pointee(param.pointee_kind);
  if (graph != ArgClass::Mem) return is(graph);
  if (param.has(kParamStr)) return is(ArgClass::ConstStr);
  if (param.has(kParamMap)) return is(ArgClass::Map);
  if (param.pointee_kind == Pointee::Workqueue) return is(ArgClass::Workqueue);
  if (param.pointee_kind == Pointee::TaskWork) return is(ArgClass::TaskWork);
  if (param.has(kParamIrqFlag)) return is(ArgClass::IrqFlag);
  if (param.pointee_kind == Pointee::ResSpinLock) return is(ArgClass::ResSpinLock);
  if (may_be_btf_pointer(reg.base())) {
    if (!btf::is_struct(param.pointee))
      return env.reject(diag::KfuncArgPointerType{}, call.name(), arg.index, btf::kind_name(param.pointee),
                        param.pointee_name);
    return is(ArgClass::BtfId);
  }
  if (param.pointee->kind() == btf::Kind::FuncProto) return is(ArgClass::Callback);
  return classify_memory(env, call, arg, out);
}

// --- trust and offset -----------------------------------------------------------------------------------------------

bool wants_trust(const KfuncCall& call) { return call.trusted_args() || call.has(target::KF_RCU); }

Outcome check_trust(Env& env, const KfuncCall& call, ArgClass arg_class, u32 regno) {
  bool judged = arg_class == ArgClass::Map || arg_class == ArgClass::AllocObj || arg_class == ArgClass::BtfId;
  const RegState& reg = env.cregs()[regno];
  if (!judged || !wants_trust(call) || is_trusted_reg(env, reg)) return kOk;
  if (!call.has(target::KF_RCU)) return env.reject(diag::RegNotTrusted{}, regno);
  return is_rcu_reg(reg) ? kOk : env.reject(diag::ArgNotRcuPointer{}, regno);
}

Outcome check_offset(Env& env, const KfuncCall& call, u32 regno) {
  const RegState& reg = env.cregs()[regno];
  bool release = call.has(target::KF_RELEASE) && reg.ref_obj_id;
  return check_func_arg_reg_off(env, reg, regno, target::ArgKind::Anything, release ? target::kArgRelease : 0);
}

// --- BTF pointers ---------------------------------------------------------------------------------------------------

// "nf_conn___init" against "nf_conn": the same layout in another life stage, which must not be mixed up.
bool is_nocast_alias(std::string_view a, std::string_view b) {
  constexpr std::string_view kSuffix = "___init";
  if (a.size() < b.size()) std::swap(a, b);
  return a.size() == b.size() + kSuffix.size() && a.starts_with(b) && a.ends_with(kSuffix);
}

bool is_ctx_projection(std::string_view wanted, std::string_view got) {
  return (wanted == "__sk_buff" && got == "sk_buff") || (wanted == "xdp_md" && got == "xdp_buff");
}

struct BtfType {
  const btf::Btf* types;
  u32 id;
};

BtfType type_of_reg(const Env& env, const RegState& reg) {
  if (reg.base() == PTR_TO_BTF_ID) return {reg.btf.types, reg.btf.id};
  return {env.vmlinux(), implied_btf_id(env, reg.base())};
}

// The register's struct is the wanted one, or has it at its offset.
Outcome match_btf_type(Env& env, const KfuncCall& call, const Arg& arg, BtfType wanted) {
  const RegState& reg = env.cregs()[arg.regno()];
  BtfType got = type_of_reg(env, reg);
  const btf::Type* got_type = got.types->skip_modifiers(got.id, &got.id);
  std::string_view got_name = got.types->name_of(got_type), wanted_name = wanted.types->name_of(wanted.id);
  bool strict = (call.has(target::KF_RELEASE) && reg.ref_obj_id) || is_nocast_alias(got_name, wanted_name);
  bool same = btf_struct_ids_match(env, *got.types, got.id, reg.off, *wanted.types, wanted.id, strict);
  if (same || is_ctx_projection(wanted_name, got_name)) return kOk;
  return env.reject(diag::KfuncArgWrongPointer{}, call.name(), arg.index,
                    btf::kind_name(wanted.types->type_by_id(wanted.id)), wanted_name, arg.regno(),
                    btf::kind_name(got_type), got_name);
}

Outcome check_btf_arg(Env& env, const KfuncCall& call, const Arg& arg, BtfType wanted) {
  constexpr u32 kTrustedFlags = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;
  const RegState& reg = env.cregs()[arg.regno()];
  bool unsafe = type_flag(reg.type) & ~kTrustedFlags;
  bool btf_pointer = reg.base() == PTR_TO_BTF_ID && (!unsafe || is_rcu_reg(reg));
  if (!btf_pointer && !implied_btf_id(env, reg.base()))
    return env.reject(diag::ArgTypeOrSocket{}, arg.index, reg_type_str(reg.type),
                      reg_type_str(reg.base() | (type_flag(reg.type) & kTrustedFlags)));
  return match_btf_type(env, call, arg, wanted);
}

// After a wq or task_work argument: the map which that one lies in. Linux 6.18 compares only with maps that hold such a
// field themselves, and takes what lies in any other register for a map; neither is safe (docs/stricter-than-linux.md).
Outcome check_same_map(Env& env, const KfuncCall& call, const Arg& arg) {
  const RegState& reg = env.cregs()[arg.regno()];
  bool has_map = reg.base() == CONST_PTR_TO_MAP || reg.base() == PTR_TO_MAP_VALUE || reg.base() == PTR_TO_MAP_KEY;
  if (!has_map) return env.reject(diag::RegNotMapPointer{}, arg.regno());
  if (reg.map.ptr == call.map && reg.map.uid == call.map_uid) return kOk;
  auto holds = [](const map::MapMeta& map, btf::Field field) { return map.record && map.record->has(field); };
  bool async_map = holds(*reg.map.ptr, btf::Field::TaskWork) || holds(*reg.map.ptr, btf::Field::Workqueue);
  if (holds(async_map ? *reg.map.ptr : *call.map, btf::Field::TaskWork))
    return env.reject(diag::TaskWorkMapMismatch{}, call.map_uid, reg.map.uid);
  return env.reject(diag::WqMapMismatch{}, call.map_uid, reg.map.uid);
}

Outcome check_map_arg(Env& env, const KfuncCall& call, const Arg& arg) {
  // Registers that are no map pointers may hold something else there; the type match then refuses them.
  if (!env.cregs()[arg.regno()].data.word[0]) return env.reject(diag::RegNotMapPointer{}, arg.regno());
  return call.map ? check_same_map(env, call, arg) : kOk;
}

// --- memory ---------------------------------------------------------------------------------------------------------

Outcome check_mem_arg(Env& env, const KfuncCall& call, const Arg& arg) {
  std::optional<u32> size = call.types().resolve_size(arg.param.pointee_id);
  if (!size)
    return env.reject(diag::ArgSizeUnknown{}, arg.index, btf::kind_name(arg.param.pointee), arg.param.pointee_name,
                      -EINVAL);
  return check_mem_reg(env, env.regs()[arg.regno()], arg.regno(), *size);
}

// Memory whose length is the next register: readable and writable; a maybe-null pointer is judged as if it were not.
Outcome check_kfunc_mem_size_reg(Env& env, u32 size_regno) {
  u32 regno = size_regno - 1;
  RegState saved;
  bool may_be_null = env.cregs()[regno].may_be_null();
  if (may_be_null) {
    saved = env.cregs()[regno];
    env.regs()[regno].type &= ~PTR_MAYBE_NULL;
  }
  auto check = [&](Access access) {
    CallArgMeta meta;
    RegState size = env.cregs()[size_regno];
    return check_mem_size_reg(env, size, size_regno, access, true, &meta);
  };
  Outcome outcome = check(Access::Read);
  if (outcome.ok()) outcome = check(Access::Write);
  if (may_be_null) env.regs()[regno] = saved;
  return outcome;
}

Outcome check_mem_size_arg(Env& env, KfuncCall& call, const Arg& arg) {
  u32 size_regno = arg.regno() + 1;
  bool absent = env.cregs()[arg.regno()].is_null() && arg.param.has(kParamOpt);
  Outcome outcome = absent ? kOk : check_kfunc_mem_size_reg(env, size_regno);
  if (outcome.is_error()) {
    env.log.write(diag::text_of(diag::MemLenPair{}, arg.index, arg.index + 1));
    return outcome;
  }
  // That there is no buffer, and the size then, count like any other size. Linux 6.18 forgets that
  // (docs/stricter-than-linux.md).
  if (absent) SKEP_TRY(mark_chain_precision_quietly(env, int(arg.regno())));
  if (!call.desc->info->params[arg.index + 1].has(kParamConstSize)) return kOk;
  if (call.const_found) return env.verifier_bug("only one constant argument permitted");
  if (!env.cregs()[size_regno].var.is_const()) return env.reject(diag::RegMustBeConstant{}, size_regno);
  if (absent) SKEP_TRY(mark_chain_precision_quietly(env, int(size_regno)));
  call.const_found = true;
  call.const_value = env.cregs()[size_regno].const_value();
  return kOk;
}

// --- the other classes ----------------------------------------------------------------------------------------------

Outcome check_ctx_arg(Env& env, KfuncCall& call, const Arg& arg) {
  const RegState& reg = env.cregs()[arg.regno()];
  if (reg.type != PTR_TO_CTX) return env.reject(diag::ArgExpectedCtxGot{}, arg.index, reg_type_str(reg.type));
  if (!call.is(SpecialKfunc::CastToKernCtx)) return kOk;
  u32 id = kern_ctx_type(env);
  const btf::Type* type = env.vmlinux()->type_by_id(id);
  if (!type || type->kind() != btf::Kind::Struct) return env.reject(diag::KernCtxNotStruct{}, id);
  call.ret_btf_id = id;
  return kOk;
}

Outcome check_alloc_obj_arg(Env& env, KfuncCall& call, const Arg& arg) {
  const RegState& reg = env.cregs()[arg.regno()];
  if (reg.type == (PTR_TO_BTF_ID | MEM_ALLOC)) {
    if (!call.is(SpecialKfunc::ObjDrop)) return env.reject(diag::ArgForObjDrop{}, arg.index);
  } else if (reg.type == (PTR_TO_BTF_ID | MEM_ALLOC | MEM_PERCPU)) {
    if (!call.is(SpecialKfunc::PercpuObjDrop)) return env.reject(diag::ArgForPercpuObjDrop{}, arg.index);
  } else {
    return env.reject(diag::ArgNotAllocObject{}, arg.index);
  }
  return reg.ref_obj_id ? kOk : env.reject(diag::AllocObjectNotReferenced{});
}

Outcome check_refcounted_arg(Env& env, KfuncCall& call, const Arg& arg) {
  const RegState& reg = env.cregs()[arg.regno()];
  if (reg.base() != PTR_TO_BTF_ID || !(reg.type & MEM_ALLOC)) return env.reject(diag::ArgNotOwnedRef{}, arg.index);
  call.owning_arg = !(type_flag(reg.type) & NON_OWN_REF);
  const btf::Record* record = env.reg_record(reg);
  if (!record) return env.verifier_bug("Couldn't find btf_record");
  if (!record->has(btf::Field::Refcount)) return env.reject(diag::ArgWithoutRefcount{}, arg.index);
  call.arg_types = reg.btf.types;
  call.arg_btf_id = reg.btf.id;
  return kOk;
}

DynptrType constructed_type(const KfuncCall& call) {
  switch (call.special) {
    case SpecialKfunc::DynptrFromSkb: return DynptrType::Skb;
    case SpecialKfunc::DynptrFromXdp: return DynptrType::Xdp;
    case SpecialKfunc::DynptrFromSkbMeta: return DynptrType::SkbMeta;
    case SpecialKfunc::DynptrClone: return call.dynptr_type;
    default: return DynptrType::Invalid;
  }
}

Outcome check_dynptr_arg(Env& env, KfuncCall& call, const Arg& arg, int insn_idx) {
  bool uninit = arg.param.has(kParamUninit);
  bool is_const = env.cregs()[arg.regno()].type == CONST_PTR_TO_DYNPTR;
  u32 arg_flags = (uninit ? target::kArgUninit : 0) | (is_const ? target::kArgRdonly : 0);
  DynptrType type = uninit ? constructed_type(call) : DynptrType::Invalid;
  u32 clone_ref = uninit && call.is(SpecialKfunc::DynptrClone) ? call.dynptr_ref_obj_id : 0;
  SKEP_TRY(process_dynptr_func(env, arg.regno(), insn_idx, arg_flags, type, clone_ref));
  if (uninit) return kOk;
  RegState reg = env.cregs()[arg.regno()];
  call.dynptr_type = dynptr_get_type(env, reg);
  call.dynptr_id = dynptr_id(env, reg);
  call.dynptr_ref_obj_id = dynptr_ref_obj_id(env, reg);
  return kOk;
}

// The css_task iterator takes a lock that is held with interrupts off elsewhere: only where that cannot deadlock.
bool css_task_iter_allowed(const Env& env) {
  if (kfunc_prog_type(env) == BPF_PROG_TYPE_LSM) return true;
  if (kfunc_prog_type(env) == BPF_PROG_TYPE_TRACING && env.kind.attach_type == BPF_TRACE_ITER) return true;
  return in_sleepable(env);
}

Outcome check_iter_arg(Env& env, KfuncCall& call, const Arg& arg, int insn_idx) {
  if (call.is(SpecialKfunc::IterCssTaskNew) && !css_task_iter_allowed(env))
    return env.reject(diag::CssTaskIterNotAllowed{});
  return process_iter_arg(env, arg.regno(), call, insn_idx);
}

// A bpf_wq or bpf_task_work in a map value.
Outcome check_async_field_arg(Env& env, KfuncCall& call, const Arg& arg, btf::Field field) {
  if (env.cregs()[arg.regno()].type != PTR_TO_MAP_VALUE) return env.reject(diag::ArgNotMapValue{}, arg.index);
  SKEP_TRY(check_map_field_pointer(env, arg.regno(), field));
  const RegState& reg = env.cregs()[arg.regno()];
  call.map = reg.map.ptr;
  call.map_uid = reg.map.uid;
  return kOk;
}

Outcome check_res_lock_arg(Env& env, const KfuncCall& call, const Arg& arg) {
  RegType type = env.cregs()[arg.regno()].type;
  if (type != PTR_TO_MAP_VALUE && type != (PTR_TO_BTF_ID | MEM_ALLOC))
    return env.reject(diag::ArgNotToMapValueOrAlloc{}, arg.index);
  bool irq = call.is(SpecialKfunc::ResSpinLockIrqsave) || call.is(SpecialKfunc::ResSpinUnlockIrqrestore);
  bool lock = call.is(SpecialKfunc::ResSpinLock) || call.is(SpecialKfunc::ResSpinLockIrqsave);
  return process_spin_lock(env, arg.regno(), lock, true, irq);
}

Outcome check_class(Env& env, KfuncCall& call, const Arg& arg, ArgClass arg_class, int insn_idx) {
  const RegState& reg = env.cregs()[arg.regno()];
  switch (arg_class) {
    case ArgClass::Ctx: return check_ctx_arg(env, call, arg);
    case ArgClass::Null: return kOk;
    case ArgClass::AllocObj: return check_alloc_obj_arg(env, call, arg);
    case ArgClass::Refcounted: return check_refcounted_arg(env, call, arg);
    case ArgClass::Dynptr: return check_dynptr_arg(env, call, arg, insn_idx);
    case ArgClass::Iter: return check_iter_arg(env, call, arg, insn_idx);
    case ArgClass::ListHead: return process_graph_root(env, arg.regno(), call, btf::Field::ListHead);
    case ArgClass::RbRoot: return process_graph_root(env, arg.regno(), call, btf::Field::RbRoot);
    case ArgClass::ListNode: return process_graph_node(env, arg.regno(), call, btf::Field::ListNode);
    case ArgClass::RbNode: return process_graph_node(env, arg.regno(), call, btf::Field::RbNode);
    case ArgClass::ConstStr:
      if (reg.type != PTR_TO_MAP_VALUE) return env.reject(diag::ArgNotConstString{}, arg.index);
      return check_reg_const_str(env, reg, arg.regno());
    case ArgClass::Map: return check_btf_arg(env, call, arg, {env.vmlinux(), env.vmlinux_struct("bpf_map")});
    case ArgClass::BtfId: return check_btf_arg(env, call, arg, {call.desc->types, arg.param.pointee_id});
    case ArgClass::Workqueue: return check_async_field_arg(env, call, arg, btf::Field::Workqueue);
    case ArgClass::TaskWork: return check_async_field_arg(env, call, arg, btf::Field::TaskWork);
    case ArgClass::IrqFlag:
      if (reg.type != PTR_TO_STACK) return env.reject(diag::ArgNotIrqFlag{}, arg.index);
      return process_irq_flag(env, arg.regno(), call, insn_idx);
    case ArgClass::ResSpinLock: return check_res_lock_arg(env, call, arg);
    case ArgClass::Callback:
      if (reg.type != PTR_TO_FUNC) return env.reject(diag::ArgNotFunc{}, arg.index);
      call.subprog = reg.func.subprog;
      return kOk;
    case ArgClass::Mem: return check_mem_arg(env, call, arg);
    case ArgClass::MemSize: return check_mem_size_arg(env, call, arg);
  }
  return kOk;
}

Outcome note_reference(Env& env, KfuncCall& call, u32 regno) {
  const RegState& reg = env.cregs()[regno];
  if (!reg.ref_obj_id) return kOk;
  if (call.has(target::KF_RELEASE)) {
    if (call.ref_obj_id) return env.verifier_bug("more than one arg with ref_obj_id");
    call.release_regno = u8(regno);
  }
  call.ref_obj_id = reg.ref_obj_id;
  return kOk;
}

// A NULL is right only if every state that is found equal to this one passes NULL too. Linux 6.18 forgets that: a path
// on which the number is 4096 is then pruned, and the kernel gets it as a pointer (docs/stricter-than-linux.md).
Outcome accept_null(Env& env, u32 regno) { return mark_chain_precision_quietly(env, int(regno)); }

// One argument; `sized`: the next one was its length and is done too.
Outcome check_arg(Env& env, KfuncCall& call, const Arg& arg, int insn_idx, bool& sized) {
  const KfuncParam& param = arg.param;
  if (param.tags & (kParamIgn | kParamProg)) return kOk;
  if (param.is_scalar) return check_scalar_arg(env, call, arg);
  if (!param.is_ptr) return env.reject(diag::UnrecognizedArgType{}, arg.index, btf::kind_name(param.type));
  const RegState& reg = env.cregs()[arg.regno()];
  bool maybe_null = reg.is_null() || reg.may_be_null();
  if (wants_trust(call) && maybe_null && !param.has(kParamNullable))
    return env.reject(diag::TrustedArgMayBeNull{}, arg.index);
  SKEP_TRY(note_reference(env, call, arg.regno()));
  ArgClass arg_class;
  SKEP_TRY(classify(env, call, arg, arg_class));
  if (arg_class == ArgClass::Null) return accept_null(env, arg.regno());
  if (arg_class == ArgClass::Map) SKEP_TRY(check_map_arg(env, call, arg));
  SKEP_TRY(check_trust(env, call, arg_class, arg.regno()));
  SKEP_TRY(check_offset(env, call, arg.regno()));
  sized = arg_class == ArgClass::MemSize;
  bool null = env.cregs()[arg.regno()].is_null();  // memory may be absent
  SKEP_TRY(check_class(env, call, arg, arg_class, insn_idx));
  return null ? accept_null(env, arg.regno()) : kOk;
}

bool member_is_scalar(Env& env, const btf::Btf& types, const btf::Member& member, int depth) {
  const btf::Type* t = types.skip_modifiers(member.type);
  while (t && t->kind() == btf::Kind::Array) {
    const btf::Array& array = types.array(t);
    if (!array.nelems) return false;
    t = types.skip_modifiers(array.type);
  }
  if (!t) return false;
  return btf::is_struct(t) ? is_scalar_struct(env, types, t, depth + 1) : btf::is_scalar(t);
}

}  // namespace

bool is_scalar_struct(Env& env, const btf::Btf& types, const btf::Type* t, int depth) {
  constexpr int kMaxDepth = 4;
  if (!btf::is_struct(t)) return false;
  if (depth >= kMaxDepth) {
    env.note(diag::StructNestingTooDeep{});
    return false;
  }
  for (const btf::Member& member : types.members(t))
    if (!member_is_scalar(env, types, member, depth)) return false;
  return true;
}

Outcome check_kfunc_args(Env& env, KfuncCall& call, int insn_idx) {
  const auto& params = call.desc->info->params;
  if (params.size() > kMaxArgs) return env.reject(diag::FuncTooManyArgs{}, call.name(), params.size(), kMaxArgs);
  for (u32 i = 0; i < params.size(); i++) {
    bool sized = false;
    SKEP_TRY(check_arg(env, call, {params[i], i}, insn_idx, sized));
    if (sized) i++;
  }
  if (call.has(target::KF_RELEASE) && !call.release_regno)
    return env.reject(diag::ReleaseExpectsRefcounted{}, call.name());
  return kOk;
}

}  // namespace skep::verifier
