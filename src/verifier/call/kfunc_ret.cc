// What a kfunc call leaves in R0, by the return type in its BTF, its flags, and the arguments. Spec: kfuncs.md 6.
#include "verifier/call/kfunc.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

bool is_struct_ptr(const KfuncCall& call) {
  const btf::Type* ret = call.desc->info->ret;
  if (!btf::is_ptr(ret)) return false;
  const btf::Type* pointee = call.types().skip_modifiers(ret->type());
  return pointee && btf::is_struct(pointee);
}

Outcome check_acquire(Env& env, const KfuncCall& call) {
  if (!call.has(target::KF_ACQUIRE) || is_struct_ptr(call)) return kOk;
  bool by_argument =
      call.is(SpecialKfunc::ObjNew) || call.is(SpecialKfunc::PercpuObjNew) || call.is(SpecialKfunc::RefcountAcquire);
  return by_argument ? kOk : env.reject(diag::AcquireNotBtfId{});
}

Outcome set_memory_result(Env& env, KfuncCall& call, const btf::Type* pointee, u32 pointee_id) {
  if (!call.ret_size) {
    if (std::optional<u32> size = call.types().resolve_size(pointee_id)) {
      call.ret_size = *size;
      call.ret_rdonly = true;
    }
  }
  if (!call.ret_size)
    return env.reject(diag::KfuncReturnsPointer{}, call.name(), btf::kind_name(pointee), call.types().name_of(pointee));
  RegState& r0 = env.regs()[0];
  u32 flags = (call.ret_rdonly ? u32(MEM_RDONLY) : 0) | (call.has(target::KF_RCU_PROTECTED) ? u32(MEM_RCU) : 0);
  r0.mark_known_zero(PTR_TO_MEM | flags);
  r0.mem = {u32(call.ret_size), 0};
  r0.ref_obj_id = call.ref_obj_id;
  return kOk;
}

u32 struct_result_flags(Env& env, const KfuncCall& call) {
  if (call.is(SpecialKfunc::GetKmemCache)) return PTR_UNTRUSTED;
  if (call.has(target::KF_RCU_PROTECTED)) return MEM_RCU;
  if (!call.has(target::KF_ITER_NEXT)) return 0;
  const RegState& iter = env.cur->cframe(call.iter_frameno).stack[call.iter_spi].spilled();
  return iter.type & MEM_RCU ? MEM_RCU : PTR_TRUSTED;
}

void set_struct_result(Env& env, const KfuncCall& call, u32 pointee_id) {
  RegState& r0 = env.regs()[0];
  r0.mark_known_zero(PTR_TO_BTF_ID | struct_result_flags(env, call));
  r0.btf.types = call.desc->types;
  r0.btf.id = pointee_id;
}

// Results that point into a list or tree and stay the list's.
bool returns_graph_node(const KfuncCall& call) {
  switch (call.special) {
    case SpecialKfunc::ListPopFront:
    case SpecialKfunc::ListPopBack:
    case SpecialKfunc::ListFront:
    case SpecialKfunc::ListBack:
    case SpecialKfunc::RbtreeRemove:
    case SpecialKfunc::RbtreeFirst:
    case SpecialKfunc::RbtreeRoot:
    case SpecialKfunc::RbtreeLeft:
    case SpecialKfunc::RbtreeRight: return true;
    default: return false;
  }
}

// Nullness, reference, ownership and identity of a pointer result.
void finish_pointer_result(Env& env, const KfuncCall& call, int insn_idx) {
  RegState& r0 = env.regs()[0];
  if (call.ret_null()) {
    r0.type |= PTR_MAYBE_NULL;
    r0.id = env.new_id();
  }
  if (call.has(target::KF_ACQUIRE)) {
    u32 id = acquire_reference(env, insn_idx);
    if (call.ret_null()) r0.id = id;
    r0.ref_obj_id = id;
  } else if (returns_graph_node(call)) {
    ref_set_non_owning(env, r0);
  }
  if (type_may_hold_lock(env, r0) && !r0.id) r0.id = env.new_id();
}

Outcome set_pointer_result(Env& env, KfuncCall& call, int insn_idx) {
  bool handled = false;
  SKEP_TRY(check_special_kfunc(env, call, handled));
  u32 pointee_id = 0;
  const btf::Type* pointee = call.types().skip_modifiers(call.desc->info->ret->type(), &pointee_id);
  if (!handled) {
    if (btf::is_void(pointee))
      mark_reg_unknown(env, env.regs(), 0);
    else if (!btf::is_struct(pointee))
      SKEP_TRY(set_memory_result(env, call, pointee, pointee_id));
    else
      set_struct_result(env, call, pointee_id);
  }
  finish_pointer_result(env, call, insn_idx);
  return kOk;
}

}  // namespace

Outcome set_kfunc_result(Env& env, KfuncCall& call, int insn_idx) {
  SKEP_TRY(check_acquire(env, call));
  const btf::Type* ret = call.desc->info->ret;
  if (btf::is_ptr(ret)) return set_pointer_result(env, call, insn_idx);
  if (!btf::is_scalar(ret)) return kOk;
  mark_reg_unknown(env, env.regs(), 0);
  // On this path the lock was taken.
  if (call.is(SpecialKfunc::ResSpinLock) || call.is(SpecialKfunc::ResSpinLockIrqsave))
    mark_reg_known_zero(env, env.regs(), 0);
  return kOk;
}

}  // namespace skep::verifier
