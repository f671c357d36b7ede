// Arguments of helper calls: type, offset, reference, and the rule of each kind. The order of the checks decides which
// message appears.
#include "verifier/call/args.h"

#include <algorithm>

#include "verifier/call/compat.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {

namespace {

using target::Arg;
using target::ArgKind;
using target::HelperProto;
using target::SpecialRule;

constexpr u32 kAllocFlags = MEM_ALLOC | MEM_PERCPU;

// The type as the argument sees it: what the argument does not mind is taken off.
RegType type_for_arg(const RegState& reg, const HelperProto& fn, const Arg& arg, u32 regno) {
  RegType type = reg.type;
  if (arg.flags & target::kArgRdonly) type &= ~MEM_RDONLY;
  if (arg.flags & target::kArgNullable) type &= ~PTR_MAYBE_NULL;
  if (arg.kind == ArgKind::Mem) type &= ~kDynptrTypeFlags;
  if (fn.special == SpecialRule::KptrXchg && regno == 2 && (type & MEM_ALLOC)) type &= ~kAllocFlags;
  return type;
}

std::string joined_types(std::span<const RegType> types) {
  std::string text;
  for (RegType type : types) text += (text.empty() ? "" : ", ") + reg_type_str(type);
  return text;
}

std::string btf_struct_name(const RegState& reg) { return std::string(reg.btf.types->name_of(reg.btf.id)); }

// A kernel pointer: not null, and of the wanted struct.
Outcome check_btf_arg(Env& env, const HelperProto& fn, const Arg& arg, const RegState& reg, u32 regno,
                      CallArgMeta& meta) {
  bool release = arg.flags & target::kArgRelease;
  if (reg.may_be_null() && (!(arg.flags & target::kArgNullable) || release))
    return env.reject(diag::HelperArgMayBeNull{}, regno);
  if (fn.special == SpecialRule::KptrXchg) return map_kptr_match_type(env, *meta.kptr_field, reg, regno);
  constexpr u32 kSkRelease = 86;  // takes any socket type by its leading sock_common
  const char* wanted = arg.btf ? arg.btf : "sock_common";
  u32 wanted_id = env.vmlinux_struct(wanted);
  bool strict = release && fn.id != kSkRelease;
  if (wanted_id && btf_struct_ids_match(env, *reg.btf.types, reg.btf.id, reg.off, *env.vmlinux(), wanted_id, strict))
    return kOk;
  return env.reject(diag::RegTypeMismatch{}, regno, btf_struct_name(reg), wanted);
}

Outcome check_reg_type(Env& env, const HelperProto& fn, const Arg& arg, u32 regno, CallArgMeta& meta) {
  const RegState& reg = env.cregs()[regno];
  std::span<const RegType> types = compatible_types(arg.kind);
  RegType type = type_for_arg(reg, fn, arg, regno);
  if (std::find(types.begin(), types.end(), type) == types.end())
    return env.reject(diag::RegTypeExpected{}, regno, reg_type_str(reg.type), joined_types(types));
  if (reg.base() != PTR_TO_BTF_ID) return kOk;
  bool is_memory = arg.kind == ArgKind::Mem || arg.kind == ArgKind::MapKey || arg.kind == ArgKind::MapValue;
  if (is_memory) {
    if (arg.flags & target::kArgRdonly) return kOk;
    return env.reject(diag::MayWriteIntoMemory{}, fn.name, regno, reg_type_str(reg.type));
  }
  if (reg.type & MEM_PERCPU && !(reg.type & MEM_ALLOC)) return kOk;
  if (reg.type & MEM_ALLOC) {
    if (reg.may_be_null()) return env.verifier_bug("invalid PTR_TO_BTF_ID register for type match");
    if (fn.special == SpecialRule::KptrXchg && regno == 2)
      return map_kptr_match_type(env, *meta.kptr_field, reg, regno);
    return kOk;  // locks and kptr_xchg's destination look further themselves
  }
  return check_btf_arg(env, fn, arg, reg, regno, meta);
}

// The value argument depends on the kind of map.
Outcome resolve_map_value_arg(Env& env, const HelperProto& fn, CallArgMeta& meta, Arg& arg) {
  constexpr u32 kMapPeek = 89;
  const map::MapMeta* map = meta.map;
  if (!map) return env.verifier_bug("invalid map_ptr to access map->type");
  if (env.target.map_rules(map->map_type).value_reg_type == PTR_TO_SOCKET) {
    if (arg.flags & (target::kArgUninit | target::kArgWrite)) return env.reject(diag::InvalidSockmapArgType{});
    arg.kind = ArgKind::BtfIdSockCommon;
  } else if (map->map_type == BPF_MAP_TYPE_BLOOM_FILTER && fn.id == kMapPeek) {
    arg.flags &= ~u16(target::kArgUninit | target::kArgWrite);
  }
  return kOk;
}

Outcome check_release_arg(Env& env, const Arg& arg, u32 regno, CallArgMeta& meta) {
  const RegState& reg = env.cregs()[regno];
  if (arg.kind == ArgKind::Dynptr) {
    if (reg.type != PTR_TO_STACK) return env.reject(diag::ReleaseConstDynptr{});
    if (!dynptr_ref_obj_id(env, reg)) return env.reject(diag::ArgUnacquiredReference{}, regno);
  } else if (!reg.ref_obj_id && !reg.is_null()) {
    return env.reject(diag::ReleaseArgNotReferenced{}, regno);
  }
  meta.release_regno = u8(regno);
  return kOk;
}

// --- the rule of each kind
// --------------------------------------------------------------------------------------------------

Outcome check_map_ptr_arg(Env& env, const RegState& reg, CallArgMeta& meta) {
  if (meta.map && (meta.map != reg.map.ptr || meta.map_uid != reg.map.uid))
    return env.reject(diag::TimerMapMismatch{}, meta.map_uid, reg.map.uid);
  meta.map = reg.map.ptr;
  meta.map_uid = reg.map.uid;
  return kOk;
}

// The key's value, if it is a constant in the stack that precision can follow (get_constant_map_key). -1: not known.
Outcome constant_map_key(Env& env, const RegState& key, u32 key_size, s64& value) {
  value = -1;
  if (!env.bpf_capable || key.type != PTR_TO_STACK || !key.var.is_const()) return kOk;
  int slot = -(key.off + int(key.var.var_off.value)) - 1, spi = slot / kSlotBytes, first = slot % kSlotBytes;
  const FuncState& frame = env.cur->cframe(key.frameno);
  if (spi < 0 || size_t(spi) >= frame.stack.size()) return kOk;
  const StackSlot& stack = frame.stack[size_t(spi)];
  auto run_of = [&](u8 type) {
    u32 n = 0;
    for (int b = first; b >= 0 && stack.slot_type[b] == type; b--) n++;
    return n;
  };
  if (run_of(STACK_ZERO) >= key_size) {
    value = 0;
    return kOk;
  }
  if (!stack.is_spilled_scalar() || run_of(STACK_SPILL) != key_size || !stack.spilled().var.is_const()) return kOk;
  value = s64(stack.spilled().const_value());
  return mark_chain_precision_slot(env, key.frameno, spi);
}

Outcome check_map_key_arg(Env& env, u32 regno, CallArgMeta& meta) {
  if (!meta.map) return env.verifier_bug("invalid map_ptr to access map->key");
  u32 key_size = meta.map->key_size;
  SKEP_TRY(check_helper_mem_access(env, regno, int(key_size), Access::Read, false, nullptr));
  if (!env.target.elides_null_check(meta.map->map_type)) return kOk;
  return constant_map_key(env, env.cregs()[regno], key_size, meta.const_map_key);
}

Access arg_access(const Arg& arg) {
  return arg.flags & (target::kArgWrite | target::kArgUninit) ? Access::Write : Access::Read;
}

Outcome check_map_value_arg(Env& env, const Arg& arg, u32 regno, CallArgMeta& meta) {
  if ((arg.flags & target::kArgNullable) && env.cregs()[regno].is_null()) return kOk;
  meta.raw_mode = arg.flags & target::kArgUninit;
  return check_helper_mem_access(env, regno, int(meta.map->value_size), arg_access(arg), false, &meta);
}

// Only fixed-size memory is checked here; other memory waits for its size argument.
Outcome check_mem_arg(Env& env, const Arg& arg, u32 regno, CallArgMeta& meta) {
  meta.raw_mode = arg.flags & target::kArgUninit;
  if (!(arg.flags & target::kArgFixedSize)) return kOk;
  SKEP_TRY(check_helper_mem_access(env, regno, arg.size, arg_access(arg), false, &meta));
  if (!(arg.flags & target::kArgAligned)) return kOk;
  return check_ptr_alignment(env, env.cregs()[regno], 0, arg.size, true);
}

Outcome check_alloc_size_arg(Env& env, u32 regno, CallArgMeta& meta) {
  if (!env.cregs()[regno].var.is_const()) return env.reject(diag::RegNotKnownConstant{}, regno);
  meta.mem_size = env.cregs()[regno].const_value();
  return mark_chain_precision(env, int(regno));
}

Outcome check_timer_arg(Env& env, u32 regno, CallArgMeta& meta) {
  SKEP_TRY(check_map_field_pointer(env, regno, btf::Field::Timer));
  meta.map = env.cregs()[regno].map.ptr;
  meta.map_uid = env.cregs()[regno].map.uid;
  return kOk;
}

Outcome check_percpu_arg(Env& env, u32 regno, CallArgMeta& meta) {
  const RegState& reg = env.cregs()[regno];
  if (!reg.btf.id) return env.reject(diag::HelperInvalidBtfId{}, regno);
  meta.ret_btf = reg.btf.types;
  meta.ret_btf_id = reg.btf.id;
  return kOk;
}

DynptrType wanted_dynptr_type(u16 flags) {
  if (flags & target::kArgDynLocal) return DynptrType::Local;
  if (flags & target::kArgDynRingbuf) return DynptrType::Ringbuf;
  if (flags & target::kArgDynSkb) return DynptrType::Skb;
  if (flags & target::kArgDynXdp) return DynptrType::Xdp;
  return DynptrType::Invalid;
}

Outcome check_kind(Env& env, const HelperProto& fn, const Arg& arg, int index, u32 regno, CallArgMeta& meta,
                   int insn_idx) {
  const RegState& reg = env.cregs()[regno];
  switch (arg.kind) {
    case ArgKind::ConstMapPtr: return check_map_ptr_arg(env, reg, meta);
    case ArgKind::MapKey: return check_map_key_arg(env, regno, meta);
    case ArgKind::MapValue: return check_map_value_arg(env, arg, regno, meta);
    case ArgKind::PercpuBtfId: return check_percpu_arg(env, regno, meta);
    case ArgKind::SpinLock: return process_spin_lock(env, regno, fn.special == SpecialRule::SpinLock, false, false);
    case ArgKind::Timer: return check_timer_arg(env, regno, meta);
    case ArgKind::Func: meta.subprogno = reg.func.subprog; return kOk;
    case ArgKind::Mem: return check_mem_arg(env, arg, regno, meta);
    case ArgKind::ConstSize: return check_mem_size_reg(env, reg, regno, arg_access(fn.args[index - 1]), false, &meta);
    case ArgKind::ConstSizeOrZero:
      return check_mem_size_reg(env, reg, regno, arg_access(fn.args[index - 1]), true, &meta);
    case ArgKind::Dynptr: return process_dynptr_func(env, regno, insn_idx, arg.flags, wanted_dynptr_type(arg.flags), 0);
    case ArgKind::ConstAllocSizeOrZero: return check_alloc_size_arg(env, regno, meta);
    case ArgKind::ConstStr: return check_reg_const_str(env, reg, regno);
    case ArgKind::KptrXchgDest: return process_kptr_func(env, regno, meta);
    case ArgKind::None:
    case ArgKind::Anything:
    case ArgKind::Ctx:
    case ArgKind::SockCommon:
    case ArgKind::Socket:
    case ArgKind::BtfId:
    case ArgKind::BtfIdSockCommon:
    case ArgKind::RingbufMem:
    case ArgKind::Stack:
    case ArgKind::Arena: return kOk;
  }
  return kOk;
}

bool takes_packets(const Env& env, const HelperProto& fn) {
  return env.target.may_access_packet(env.prog_type(), false) &&
         (fn.has(target::kPktAccess) || env.prog_type() == BPF_PROG_TYPE_CGROUP_SOCKOPT);
}

}  // namespace

Outcome check_func_arg_reg_off(Env& env, const RegState& reg, u32 regno, ArgKind kind, u32 arg_flags) {
  if (arg_flags & target::kArgRelease) {
    if (kind == ArgKind::Dynptr && reg.type == PTR_TO_STACK) return kOk;
    if (reg.off) return env.reject(diag::ReleaseOffsetNotZero{}, regno);
    return check_ptr_off_reg(env, reg, regno, false);
  }
  switch (reg.type) {
    case PTR_TO_STACK:
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_MAP_KEY:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_MEM | MEM_RDONLY:
    case PTR_TO_MEM | MEM_RINGBUF:
    case PTR_TO_BUF:
    case PTR_TO_BUF | MEM_RDONLY:
    case PTR_TO_ARENA:
    case SCALAR_VALUE: return kOk;
    case PTR_TO_BTF_ID:
    case PTR_TO_BTF_ID | MEM_ALLOC:
    case PTR_TO_BTF_ID | PTR_TRUSTED:
    case PTR_TO_BTF_ID | MEM_RCU:
    case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF:
    case PTR_TO_BTF_ID | MEM_ALLOC | NON_OWN_REF | MEM_RCU: return check_ptr_off_reg(env, reg, regno, true);
    default: return check_ptr_off_reg(env, reg, regno, false);
  }
}

Outcome check_btf_struct_arg(Env& env, u32 regno, const char* struct_name, bool nullable) {
  Arg arg{ArgKind::BtfId, u16(nullable ? target::kArgNullable : 0), 0, struct_name};
  CallArgMeta meta;
  SKEP_TRY(check_reg_type(env, HelperProto{}, arg, regno, meta));
  return check_func_arg_reg_off(env, env.cregs()[regno], regno, arg.kind, arg.flags);
}

Outcome check_func_arg(Env& env, const HelperProto& fn, int index, CallArgMeta& meta, int insn_idx) {
  Arg arg = fn.args[index];
  u32 regno = u32(index) + 1;
  if (arg.kind == ArgKind::None) return kOk;
  SKEP_TRY(check_reg_arg(env, regno, RegUse::SrcOp));
  if (arg.kind == ArgKind::Anything)
    return is_pointer_value(env, regno) ? env.reject(diag::LeaksAddrIntoHelper{}, regno) : kOk;
  if (env.cregs()[regno].is_pkt_pointer() && !takes_packets(env, fn))
    return env.reject(diag::HelperPacketAccessNotAllowed{});
  if (arg.kind == ArgKind::MapValue) SKEP_TRY(resolve_map_value_arg(env, fn, meta, arg));
  bool null_ok = env.cregs()[regno].is_null() && (arg.flags & target::kArgNullable);
  if (null_ok) {
    // It passes because it is 0 (stricter than Linux 6.18.44, which forgets that: CVE-2026-98019).
    SKEP_TRY(mark_chain_precision_quietly(env, int(regno)));
  } else {
    SKEP_TRY(check_reg_type(env, fn, arg, regno, meta));
    SKEP_TRY(check_func_arg_reg_off(env, env.cregs()[regno], regno, arg.kind, arg.flags));
  }
  if (arg.flags & target::kArgRelease) SKEP_TRY(check_release_arg(env, arg, regno, meta));
  u32 ref = env.cregs()[regno].ref_obj_id;
  if (ref && arg.kind != ArgKind::KptrXchgDest) {
    if (meta.ref_obj_id) return env.reject(diag::TwoRefObjIds{}, regno, ref, meta.ref_obj_id);
    meta.ref_obj_id = ref;
  }
  return check_kind(env, fn, arg, index, regno, meta, insn_idx);
}

}  // namespace skep::verifier
