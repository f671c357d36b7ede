// What a helper leaves in R0 (spec: helpers.md 5).
#include "verifier/call/helper_rules.h"

namespace skep::verifier {

namespace {

using target::HelperProto;
using target::RetKind;
using target::SpecialRule;

constexpr s64 kMaxErrno = 4095;

// Integers that Linux knows more of: a length or an error, a CPU number.
Outcome refine_retval_range(Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  domain::Scalar& r0 = env.regs()[0].var;
  if (fn.has(target::kRetvalStackSize)) {
    r0.smax = s64(meta.msize_max_value);
    r0.s32_max = s32(meta.msize_max_value);
    r0.smin = -kMaxErrno;
    r0.s32_min = s32(-kMaxErrno);
  } else if (fn.has(target::kRetvalCpuId)) {
    u32 last = env.target.possible_cpus() - 1;
    r0.umax = last;
    r0.u32_max = last;
    r0.smax = last;
    r0.s32_max = s32(last);
    r0.umin = r0.u32_min = 0;
    r0.smin = r0.s32_min = 0;
  } else {
    return kOk;
  }
  domain::sync(r0);
  return reg_bounds_sanity_check(env, env.regs()[0], "retval");
}

// A constant key within the array: the value is there.
bool lookup_surely_found(const Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  return fn.special == SpecialRule::MapLookup && meta.const_map_key >= 0 &&
         env.target.elides_null_check(meta.map->map_type) && meta.const_map_key < s64(meta.map->max_entries);
}

Outcome return_map_value(Env& env, const HelperProto& fn, const CallArgMeta& meta, RegState& r0) {
  if (!meta.map) return env.verifier_bug("unexpected null map_ptr");
  u32 flags = lookup_surely_found(env, fn, meta) ? fn.ret.flags & ~PTR_MAYBE_NULL : fn.ret.flags;
  r0.mark_known_zero(PTR_TO_MAP_VALUE | flags);
  r0.map.ptr = meta.map;
  r0.map.uid = meta.map_uid;
  if (!(flags & PTR_MAYBE_NULL) && type_may_hold_lock(env, r0)) r0.id = env.new_id();
  return kOk;
}

Outcome return_percpu_var(Env& env, const HelperProto& fn, const CallArgMeta& meta, RegState& r0, bool percpu_alloc) {
  const btf::Type* type = meta.ret_btf->skip_modifiers(meta.ret_btf_id);
  if (type && type->kind() != btf::Kind::Struct) {
    auto size = meta.ret_btf->resolve_size(meta.ret_btf_id);
    if (!size) return env.reject(diag::TypeSizeUnresolved{}, meta.ret_btf->name_of(type), -EINVAL);
    r0.mark_known_zero(PTR_TO_MEM | fn.ret.flags);
    r0.mem.size = *size;
    return kOk;
  }
  r0.mark_known_zero(percpu_alloc ? PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU : PTR_TO_BTF_ID | (fn.ret.flags & ~MEM_RDONLY));
  r0.btf.types = meta.ret_btf;
  r0.btf.id = meta.ret_btf_id;
  return kOk;
}

Outcome return_btf_id(Env& env, const HelperProto& fn, const CallArgMeta& meta, RegState& r0) {
  const btf::Btf* types = env.vmlinux();
  u32 id = fn.ret.btf ? env.vmlinux_struct(fn.ret.btf) : 0;
  u32 flags = fn.ret.flags;
  if (fn.special == SpecialRule::KptrXchg) {
    types = meta.kptr_field->btf;
    id = meta.kptr_field->btf_id;
    if (!types->is_kernel()) {
      flags |= MEM_ALLOC;
      if (meta.kptr_field->type == btf::Field::KptrPercpu) flags |= MEM_PERCPU;
    }
  }
  r0.mark_known_zero(PTR_TO_BTF_ID | flags);
  if (!id) return env.reject(diag::InvalidReturnType{}, u32(fn.ret.kind), fn.name, fn.id);
  r0.btf.types = types;
  r0.btf.id = id;
  return kOk;
}

Outcome set_type(Env& env, const HelperProto& fn, const CallArgMeta& meta, RegState& r0, bool percpu_alloc) {
  switch (fn.ret.kind) {
    case RetKind::Integer: mark_reg_unknown(env, env.regs(), 0); return kOk;
    case RetKind::Void: return kOk;
    case RetKind::MapValue: return return_map_value(env, fn, meta, r0);
    case RetKind::Socket: r0.mark_known_zero(PTR_TO_SOCKET | fn.ret.flags); return kOk;
    case RetKind::SockCommon: r0.mark_known_zero(PTR_TO_SOCK_COMMON | fn.ret.flags); return kOk;
    case RetKind::TcpSock: r0.mark_known_zero(PTR_TO_TCP_SOCK | fn.ret.flags); return kOk;
    case RetKind::Mem:
      r0.mark_known_zero(PTR_TO_MEM | fn.ret.flags);
      r0.mem.size = u32(meta.mem_size);
      return kOk;
    case RetKind::MemOrBtfId: return return_percpu_var(env, fn, meta, r0, percpu_alloc);
    case RetKind::BtfId: return return_btf_id(env, fn, meta, r0);
  }
  return kOk;
}

bool acquires(const Env& env, const HelperProto& fn, const CallArgMeta& meta) {
  if (fn.special == SpecialRule::MapLookup) return meta.map && env.target.map_rules(meta.map->map_type).lookup_acquires;
  return fn.has(target::kAcquires);
}

void set_reference(Env& env, const HelperProto& fn, const CallArgMeta& meta, RegState& r0, int insn_idx) {
  if (fn.has(target::kDynptrData)) r0.mem.dynptr_id = meta.dynptr_id;
  if (fn.has(target::kCasts) || fn.has(target::kDynptrData)) {
    r0.ref_obj_id = meta.ref_obj_id;
  } else if (acquires(env, fn, meta)) {
    u32 id = acquire_reference(env, insn_idx);
    r0.id = id;
    r0.ref_obj_id = id;
  }
}

}  // namespace

Outcome set_helper_return(Env& env, const HelperProto& fn, const CallArgMeta& meta, int insn_idx) {
  bool percpu_alloc = fn.special == SpecialRule::PerCpuPtr && meta.ret_btf && !meta.ret_btf->is_kernel();
  RegState& r0 = env.regs()[0];
  SKEP_TRY(set_type(env, fn, meta, r0, percpu_alloc));
  if (r0.may_be_null()) r0.id = env.new_id();
  set_reference(env, fn, meta, r0, insn_idx);
  return fn.ret.kind == RetKind::Integer ? refine_retval_range(env, fn, meta) : kOk;
}

}  // namespace skep::verifier
