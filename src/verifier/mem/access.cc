// One load or store: which rule it falls under by the type of its pointer, and what every access has in common
// (spec: memory.md 1, 2, 3). Each pointer type's own rule is a file of this folder.
#include "isa/insn.h"
#include "verifier/mem/mem.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

constexpr s64 kMaxVarOff = 1 << 29;  // BPF_MAX_VAR_OFF
constexpr int kNetIpAlign = 2;       // headers begin 2 bytes after an aligned address

// Everything a per-type rule needs to know of the access. `off` includes the register's fixed offset.
struct MemAccess {
  int insn_idx;
  u32 regno;
  int off;
  int size;
  Access access;
  int value_regno;
  bool is_ldsx;

  bool is_load() const { return access == Access::Read && value_regno >= 0; }
  bool is_store() const { return access == Access::Write; }
  bool stores_pointer(const Env& env) const { return is_store() && leaks_pointer(env, value_regno); }
};

void load_unknown(Env& env, const MemAccess& a) {
  if (a.is_load()) mark_reg_unknown(env, env.regs(), u32(a.value_regno));
}

Outcome access_map_key(Env& env, const RegState& reg, const MemAccess& a) {
  if (a.is_store()) return env.reject(diag::MapKeyWriteNotAllowed{}, a.regno);
  SKEP_TRY(check_mem_region_access(env, a.regno, a.off, a.size, reg.map.ptr->key_size, false));
  load_unknown(env, a);
  return kOk;
}

// A load from a frozen read-only map at a constant offset gives the number that is there.
Outcome load_map_value(Env& env, const RegState& reg, const MemAccess& a) {
  if (!a.is_load()) return kOk;
  if (reg.var.is_const() && map_is_rdonly_const(*reg.map.ptr) &&
      env.target.map_rules(reg.map.ptr->map_type).direct_value) {
    u64 off = u64(s64(a.off)) + reg.var.var_off.value;
    std::optional<u64> value = map_direct_read(*reg.map.ptr, off, a.size, a.is_ldsx);
    // The kernel returns the map's errno without a word: only the sole element of an array has a known address.
    if (!value) return env.reject(diag::SilentMapValueRead{});
    RegState& dst = env.regs()[a.value_regno];
    dst.mark_known_scalar(*value);
    dst.precise = !env.bpf_capable;
    return kOk;
  }
  load_unknown(env, a);
  return kOk;
}

Outcome access_map_value(Env& env, const RegState& reg, const MemAccess& a) {
  if (a.stores_pointer(env)) return env.reject(diag::LeaksAddrIntoMap{}, a.value_regno);
  SKEP_TRY(check_map_access_type(env, a.regno, a.off, a.size, a.access));
  SKEP_TRY(check_map_access(env, a.regno, a.off, a.size, false, false));
  const btf::Record* record = reg.map.ptr->record.get();
  if (record && reg.var.is_const()) {
    const u32 at = u32(a.off + s64(reg.var.var_off.value));
    if (const btf::RecordField* field = record->find(at, btf::kKptrFields | btf::Field::Uptr))
      return check_map_kptr_access(env, a.regno, a.value_regno, a.insn_idx, *field);
  }
  return load_map_value(env, reg, a);
}

Outcome access_mem(Env& env, const RegState& reg, const MemAccess& a) {
  const bool rdonly = reg.type & MEM_RDONLY;
  if (reg.may_be_null()) return env.reject(diag::InvalidMemAccess{}, a.regno, reg_type_str(reg.type));
  if (a.is_store() && rdonly) return env.reject(diag::CannotWriteInto{}, a.regno, reg_type_str(reg.type));
  if (a.stores_pointer(env)) return env.reject(diag::LeaksAddrIntoMem{}, a.value_regno);
  // Loads through untrusted memory are probe reads: any offset will do.
  if (!(rdonly && (reg.type & PTR_UNTRUSTED)))
    SKEP_TRY(check_mem_region_access(env, a.regno, a.off, a.size, reg.mem.size, false));
  load_unknown(env, a);
  return kOk;
}

// The return value that an LSM hook's program finds in its context lies in the hook's range.
Outcome load_ctx_retval(Env& env, const MemAccess& a) {
  mark_reg_unknown(env, env.regs(), u32(a.value_regno));
  if (env.kind.attach_type != BPF_LSM_MAC) return kOk;
  const target::ReturnRange range = env.target.return_range(env.kind);
  if (!range.enforced) return kOk;
  RegState& dst = env.regs()[a.value_regno];
  dst.var.s32_min = range.min;
  dst.var.s32_max = range.max;
  dst.var.smin = range.min;
  dst.var.smax = range.max;
  domain::sync(dst.var);
  return reg_bounds_sanity_check(env, dst, "s32_range");
}

Outcome load_ctx(Env& env, const MemAccess& a, const CtxLoad& load) {
  if (load.reg_type == SCALAR_VALUE) {
    if (load.is_retval) return load_ctx_retval(env, a);
    mark_reg_unknown(env, env.regs(), u32(a.value_regno));
    return kOk;
  }
  RegState& dst = env.regs()[a.value_regno];
  dst.mark_known_zero(load.reg_type);
  if (type_may_be_null(load.reg_type)) dst.id = env.new_id();
  if (base_type(load.reg_type) == PTR_TO_BTF_ID) {
    dst.btf.types = load.types;
    dst.btf.id = load.btf_id;
    dst.ref_obj_id = load.ref_obj_id;
  }
  return kOk;
}

Outcome access_ctx(Env& env, const RegState& reg, const MemAccess& a) {
  if (a.stores_pointer(env)) return env.reject(diag::LeaksAddrIntoCtx{}, a.value_regno);
  SKEP_TRY(check_ptr_off_reg(env, reg, a.regno, false));
  CtxLoad load;
  Outcome outcome = check_ctx_access(env, a.off, a.size, a.access, a.is_ldsx, load);
  if (!outcome.ok()) {
    print_source_line(env, a.insn_idx, "; ");
    return outcome;
  }
  return a.is_load() ? load_ctx(env, a, load) : kOk;
}

Outcome access_stack(Env& env, const MemAccess& a) {
  SKEP_TRY(check_stack_access_within_bounds(env, a.regno, a.off, a.size, a.access));
  if (a.access == Access::Read) return check_stack_read(env, a.regno, a.off, a.size, a.value_regno);
  return check_stack_write(env, a.regno, a.off, a.size, a.value_regno, a.insn_idx);
}

Outcome access_packet(Env& env, const MemAccess& a) {
  if (a.is_store()) {
    if (!env.target.may_access_packet(env.prog_type(), true)) return env.reject(diag::PacketWriteNotAllowed{});
    env.seen_direct_write = true;
  }
  if (a.stores_pointer(env)) return env.reject(diag::LeaksAddrIntoPacket{}, a.value_regno);
  SKEP_TRY(check_packet_access(env, a.regno, a.off, a.size, false));
  load_unknown(env, a);
  return kOk;
}

Outcome access_flow_keys(Env& env, const MemAccess& a) {
  if (a.stores_pointer(env)) return env.reject(diag::LeaksAddrIntoFlowKeys{}, a.value_regno);
  SKEP_TRY(check_flow_keys_access(env, a.off, a.size));
  load_unknown(env, a);
  return kOk;
}

Outcome access_socket(Env& env, const RegState& reg, const MemAccess& a) {
  if (a.is_store()) return env.reject(diag::CannotWriteInto{}, a.regno, reg_type_str(reg.type));
  SKEP_TRY(check_sock_access(env, a.insn_idx, a.regno, a.off, a.size, a.access));
  load_unknown(env, a);
  return kOk;
}

Outcome access_tp_buffer(Env& env, const RegState& reg, const MemAccess& a) {
  SKEP_TRY(check_tp_buffer_access(env, reg, a.regno, a.off, a.size));
  load_unknown(env, a);
  return kOk;
}

Outcome access_buf(Env& env, const RegState& reg, const MemAccess& a) {
  // Linux 6.18 lets an iterator's key or value be used before its null check; it may be NULL.
  if (reg.may_be_null()) return env.reject(diag::InvalidMemAccess{}, a.regno, reg_type_str(reg.type));
  if ((reg.type & MEM_RDONLY) && a.is_store())
    return env.reject(diag::CannotWriteInto{}, a.regno, reg_type_str(reg.type));
  SKEP_TRY(check_buffer_access(env, reg, a.regno, a.off, a.size, false));
  load_unknown(env, a);
  return kOk;
}

Outcome access_by_type(Env& env, const RegState& reg, const MemAccess& a) {
  const RegBase base = reg.base();
  if (base == PTR_TO_MEM) return access_mem(env, reg, a);
  if (base == PTR_TO_BUF) return access_buf(env, reg, a);
  if (base == PTR_TO_BTF_ID && !reg.may_be_null())
    return check_ptr_to_btf_access(env, a.regno, a.off, a.size, a.access, a.value_regno);
  switch (reg.type) {  // exact: a flag makes another type of it
    case PTR_TO_MAP_KEY: return access_map_key(env, reg, a);
    case PTR_TO_MAP_VALUE: return access_map_value(env, reg, a);
    case PTR_TO_CTX: return access_ctx(env, reg, a);
    case PTR_TO_STACK: return access_stack(env, a);
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META: return access_packet(env, a);
    case PTR_TO_FLOW_KEYS: return access_flow_keys(env, a);
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_XDP_SOCK: return access_socket(env, reg, a);
    case PTR_TO_TP_BUFFER: return access_tp_buffer(env, reg, a);
    case CONST_PTR_TO_MAP: return check_ptr_to_map_access(env, a.regno, a.off, a.size, a.access, a.value_regno);
    case PTR_TO_ARENA: load_unknown(env, a); return kOk;
    default: return env.reject(diag::InvalidMemAccess{}, a.regno, reg_type_str(reg.type));
  }
}

}  // namespace

bool leaks_pointer(const Env& env, int value_regno) {
  return value_regno >= 0 && is_pointer_value(env, u32(value_regno));
}

Outcome check_mem_access(Env& env, int insn_idx, u32 regno, int off, u8 size_code, Access access, int value_regno,
                         bool strict_alignment_once, bool is_ldsx) {
  const int size = isa::size_bytes(size_code);
  const RegState& reg = env.regs()[regno];  // of a frame that is ours alone: stays where it is while we write to it
  SKEP_TRY(check_ptr_alignment(env, reg, off, size, strict_alignment_once));
  const MemAccess a{insn_idx, regno, off + reg.off, size, access, value_regno, is_ldsx};
  SKEP_TRY(access_by_type(env, reg, a));
  if (size == 8 || !a.is_load()) return kOk;
  RegState& dst = env.regs()[value_regno];
  if (!dst.is_scalar()) return kOk;
  if (is_ldsx) {
    domain::coerce_to_size_sx(dst.var, size);
  } else {
    domain::coerce_to_size(dst.var, size);
  }
  return kOk;
}

// --- alignment
// --------------------------------------------------------------------------------------------------------

namespace {

Outcome check_pkt_alignment(Env& env, const RegState& reg, int off, int size) {
  const domain::Tnum at = tnum_add(reg.var.var_off, domain::Tnum::known(u64(s64(kNetIpAlign) + reg.off + off)));
  if (tnum_is_aligned(at, u64(size))) return kOk;
  return env.reject(diag::MisalignedPacketAccess{}, kNetIpAlign, tnum_str(reg.var.var_off), reg.off, off, size);
}

const char* alignment_kind(RegType type) {
  switch (type) {
    case PTR_TO_FLOW_KEYS: return "flow keys ";
    case PTR_TO_MAP_KEY: return "key ";
    case PTR_TO_MAP_VALUE: return "value ";
    case PTR_TO_CTX: return "context ";
    case PTR_TO_STACK: return "stack ";
    case PTR_TO_SOCKET: return "sock ";
    case PTR_TO_SOCK_COMMON: return "sock_common ";
    case PTR_TO_TCP_SOCK: return "tcp_sock ";
    case PTR_TO_XDP_SOCK: return "xdp_sock ";
    default: return "";
  }
}

}  // namespace

Outcome check_ptr_alignment(Env& env, const RegState& reg, int off, int size, bool strict_once) {
  const bool strict = env.strict_alignment || strict_once || reg.type == PTR_TO_STACK;
  if (!strict || size == 1 || reg.type == PTR_TO_ARENA) return kOk;
  if (reg.type == PTR_TO_PACKET || reg.type == PTR_TO_PACKET_META) return check_pkt_alignment(env, reg, off, size);
  const domain::Tnum at = tnum_add(reg.var.var_off, domain::Tnum::known(u64(s64(reg.off) + off)));
  if (tnum_is_aligned(at, u64(size))) return kOk;
  return env.reject(diag::MisalignedAccess{}, alignment_kind(reg.type), tnum_str(reg.var.var_off), reg.off, off, size);
}

Outcome check_ptr_off_reg(Env& env, const RegState& reg, u32 regno, bool fixed_off_ok) {
  if (reg.off < 0) return env.reject(diag::NegativePtrOffset{}, reg_type_str(reg.type), regno, reg.off);
  if (!fixed_off_ok && reg.off) return env.reject(diag::ModifiedPtr{}, reg_type_str(reg.type), regno, reg.off);
  if (!reg.var.is_const() || reg.var.var_off.value)
    return env.reject(diag::VariablePtrOffset{}, reg_type_str(reg.type), tnum_str(reg.var.var_off));
  return kOk;
}

// --- the region rule
// --------------------------------------------------------------------------------------------------

Outcome check_fixed_region(Env& env, u32 regno, s64 off, int size, u32 mem_size, bool zero_size_allowed) {
  const bool size_ok = size > 0 || (size == 0 && zero_size_allowed);
  if (off >= 0 && size_ok && u64(off) + u64(size) <= mem_size) return kOk;
  const RegState& reg = env.cregs()[regno];
  const int at = int(off);
  switch (reg.type) {
    case PTR_TO_MAP_KEY: return env.reject(diag::InvalidMapKeyAccess{}, mem_size, at, size);
    case PTR_TO_MAP_VALUE: return env.reject(diag::InvalidMapValueAccess{}, mem_size, at, size);
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END: return env.reject(diag::InvalidPacketAccess{}, at, size, regno, reg.id, at, mem_size);
    default: return env.reject(diag::InvalidMemRegionAccess{}, mem_size, at, size);
  }
}

Outcome check_mem_region_access(Env& env, u32 regno, int off, int size, u32 mem_size, bool zero_size_allowed) {
  const domain::Scalar& var = env.cregs()[regno].var;
  const s64 smin = var.smin;
  if (smin < 0 && (smin == INT64_MIN || s64(s32(off + smin)) != off + smin || off + smin < 0))
    return env.reject(diag::MinValueNegative{}, regno);
  if (!check_fixed_region(env, regno, smin + off, size, mem_size, zero_size_allowed).ok())
    return env.reject(diag::MinValueOutside{}, regno);
  if (var.umax >= u64(kMaxVarOff)) return env.reject(diag::UnboundedMemAccess{}, regno);
  if (!check_fixed_region(env, regno, s64(var.umax) + off, size, mem_size, zero_size_allowed).ok())
    return env.reject(diag::MaxValueOutside{}, regno);
  return kOk;
}

// --- one instruction, several pointers
// --------------------------------------------------------------------------------

namespace {

// Accesses through these are rewritten by type after the walk: an instruction can serve only one of them.
bool rewritten_by_type(RegType type) {
  switch (base_type(type)) {
    case PTR_TO_CTX:
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_XDP_SOCK:
    case PTR_TO_BTF_ID:
    case PTR_TO_ARENA: return true;
    default: return false;
  }
}

bool is_mem_or_btf(RegType type) { return base_type(type) == PTR_TO_MEM || base_type(type) == PTR_TO_BTF_ID; }

}  // namespace

Outcome save_aux_ptr_type(Env& env, RegType type, bool allow_trust_mismatch) {
  RegType& prev = env.cur_aux().ptr_type;
  if (prev == NOT_INIT) {
    prev = type;
    return kOk;
  }
  if (prev == type || (!rewritten_by_type(type) && !rewritten_by_type(prev))) return kOk;
  if (!allow_trust_mismatch || !is_mem_or_btf(type) || !is_mem_or_btf(prev))
    return env.reject(diag::DifferentPointers{});
  // The weaker of both: the load becomes a probe read.
  const bool any_mem = base_type(type) == PTR_TO_MEM || base_type(prev) == PTR_TO_MEM;
  prev = (any_mem ? PTR_TO_MEM : PTR_TO_BTF_ID) | PTR_UNTRUSTED | ((type | prev) & MEM_RDONLY);
  return kOk;
}

}  // namespace skep::verifier
