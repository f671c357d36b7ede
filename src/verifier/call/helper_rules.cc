// Rules of single helpers.
#include <cstring>

#include "verifier/call/helper_rules.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {

namespace {

using target::HelperProto;
using target::SpecialRule;

Outcome rule_tail_call(Env& env) {
  SKEP_TRY(check_resource_leak(env, false, true, Leaving::TailCall));
  if (!env.options.jit && env.subprogs.size() > 1) return env.reject(diag::TailCallMixed{});
  return kOk;
}

// R4, the flags, being 0 on every path makes the call inlinable; then its value matters.
Outcome loop_flags_are_zero(Env& env, bool& zero) {
  constexpr u32 kFlagsReg = 4;
  zero = env.cregs()[kFlagsReg].is_null();
  return zero ? mark_chain_precision(env, kFlagsReg) : kOk;
}

Outcome update_loop_inline_state(Env& env, u32 subprog) {
  InsnExtra& extra = env.make_extra(size_t(env.insn_idx));
  bool zero = false;
  if (!extra.loop_initialized) {
    SKEP_TRY(loop_flags_are_zero(env, zero));
    extra.loop_initialized = true;
    extra.loop_fit_for_inline = zero;
    extra.loop_callback_subprog = subprog;
    return kOk;
  }
  if (!extra.loop_fit_for_inline) return kOk;
  SKEP_TRY(loop_flags_are_zero(env, zero));
  extra.loop_fit_for_inline = zero && extra.loop_callback_subprog == subprog;
  return kOk;
}

Outcome rule_loop(Env& env, const isa::Insn& insn, const CallArgMeta& meta, int insn_idx) {
  constexpr u32 kCountReg = 1;
  SKEP_TRY(update_loop_inline_state(env, meta.subprogno));
  SKEP_TRY(mark_chain_precision(env, kCountReg));
  if (env.cur->ccur().callback_depth < env.cregs()[kCountReg].var.umax)
    return push_callback_call(env, insn, insn_idx, int(meta.subprogno), set_loop_callback_state, false, false);
  env.cur->cur().callback_depth = 0;
  if (env.log.level2()) env.log.print("frame{} bpf_loop iteration limit reached\n", env.cur->curframe);
  return kOk;
}

Outcome rule_snprintf(Env& env) {
  constexpr u32 kFormatReg = 3, kDataLenReg = 5;
  const RegState& length = env.cregs()[kDataLenReg];
  if (length.var.var_off.value % 8) return Outcome::error(EINVAL);
  const RegState& format = env.cregs()[kFormatReg];
  if (format.base() != PTR_TO_MAP_VALUE) return env.reject(diag::NoMapValueAddress{});
  std::span<const u8> bytes = format.map.ptr->direct_value;
  u64 off = u64(s64(format.off) + s64(format.var.var_off.value));
  if (off >= bytes.size()) return env.reject(diag::NoMapValueAddress{});
  const char* text = reinterpret_cast<const char*>(bytes.data() + off);
  std::string_view view(text, strnlen(text, bytes.size() - off));
  return format_is_valid(view, u32(length.var.var_off.value / 8)) ? kOk : env.reject(diag::InvalidFormatString{});
}

// The slice shares the dynptr's identity and reference.
Outcome rule_dynptr_data(Env& env, CallArgMeta& meta) {
  const RegState& reg = env.cregs()[1];
  meta.dynptr_id = dynptr_id(env, reg);
  meta.ref_obj_id = dynptr_ref_obj_id(env, reg);
  return kOk;
}

Outcome rule_dynptr_write(Env& env, bool& changes_pkt) {
  DynptrType type = dynptr_get_type(env, env.cregs()[1]);
  if (type == DynptrType::Invalid) return Outcome::error(EFAULT);
  changes_pkt |= type == DynptrType::Skb || type == DynptrType::SkbMeta;
  return kOk;
}

Outcome rule_per_cpu_ptr(Env& env) {
  const RegState& reg = env.cregs()[1];
  if (!(reg.type & MEM_RCU)) return kOk;
  const btf::Type* type = reg.btf.types->type_by_id(reg.btf.id);
  if (type && type->kind() == btf::Kind::Struct) return kOk;
  return env.reject(diag::HelperInvalidBtfR1{});
}

Outcome rule_set_retval(Env& env) {
  bool lsm_cgroup = env.prog_type() == BPF_PROG_TYPE_LSM && env.kind.attach_type == BPF_LSM_CGROUP;
  if (lsm_cgroup && env.attach_func_proto && !env.attach_func_proto->type())
    return env.reject(diag::LsmCgroupVoidRetval{});
  return kOk;
}

}  // namespace

Outcome check_special_rule(Env& env, const HelperProto& fn, const isa::Insn& insn, CallArgMeta& meta, int insn_idx,
                           bool& changes_pkt) {
  int callback = int(meta.subprogno);
  switch (fn.special) {
    case SpecialRule::TailCall: return rule_tail_call(env);
    case SpecialRule::GetLocalStorage:
      return env.cregs()[2].is_null() ? mark_chain_precision_quietly(env, 2) : env.reject(diag::GetLocalStorageFlags{});
    case SpecialRule::ForEachMapElem:
      return push_callback_call(env, insn, insn_idx, callback, set_map_elem_callback_state, false, false);
    case SpecialRule::TimerSetCallback:
      return push_callback_call(env, insn, insn_idx, callback, set_timer_callback_state, true, false);
    case SpecialRule::FindVma:
      return push_callback_call(env, insn, insn_idx, callback, set_find_vma_callback_state, false, false);
    case SpecialRule::UserRingbufDrain:
      return push_callback_call(env, insn, insn_idx, callback, set_user_ringbuf_callback_state, false, false);
    case SpecialRule::Loop: return rule_loop(env, insn, meta, insn_idx);
    case SpecialRule::Snprintf: return rule_snprintf(env);
    case SpecialRule::DynptrFromMem:
      if (env.cregs()[1].type == PTR_TO_MAP_VALUE) return kOk;
      return env.reject(diag::DynptrFromMemRegType{}, reg_type_str(env.cregs()[1].type));
    case SpecialRule::DynptrData: return rule_dynptr_data(env, meta);
    case SpecialRule::DynptrWrite: return rule_dynptr_write(env, changes_pkt);
    case SpecialRule::PerCpuPtr: return rule_per_cpu_ptr(env);
    case SpecialRule::SetRetval: return rule_set_retval(env);
    case SpecialRule::None:
    case SpecialRule::DynptrRead:
    case SpecialRule::GetFuncIp:
    case SpecialRule::KptrXchg:
    case SpecialRule::SpinLock:
    case SpecialRule::SpinUnlock:
    case SpecialRule::TimerInit:
    case SpecialRule::MapLookup:
    case SpecialRule::RingbufReserve:
    case SpecialRule::RingbufSubmitDynptr: return kOk;
  }
  return kOk;
}

}  // namespace skep::verifier
