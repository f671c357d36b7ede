// Pointer +- scalar (spec: instructions.md 8). A known scalar moves the fixed offset; any other becomes part of the
// variable one. The checks are in the kernel's order: require first, then compute, then look at the result.
#include "verifier/alu_op_names.h"
#include "verifier/sanitize.h"
#include "verifier/step.h"

namespace skep::verifier {
namespace {

using domain::Scalar;

constexpr s64 kMaxVarOff = 1 << 29;  // BPF_MAX_VAR_OFF

// From a branch that cannot be taken: whatever is computed from it does not matter.
bool is_contradictory(const Scalar& v) {
  return (v.is_const() && (v.smin != v.smax || v.umin != v.umax)) || v.smin > v.smax || v.umin > v.umax;
}

bool allows_arithmetic(const RegState& ptr, const Scalar& off, u8 op) {
  switch (ptr.base()) {
    case PTR_TO_CTX:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_STACK:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
    case PTR_TO_TP_BUFFER:
    case PTR_TO_BTF_ID:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_FUNC:
    case CONST_PTR_TO_DYNPTR: return true;
    case PTR_TO_FLOW_KEYS: return off.is_const();
    case CONST_PTR_TO_MAP: return off.is_const() && off.smin == 0 && op == isa::BPF_ADD;
    default: return false;
  }
}

Outcome check_sane_offset(Env& env, const RegState& reg, RegType type) {
  const s64 value = s64(reg.var.var_off.value), smin = reg.var.smin;
  if (reg.var.is_const() && (value >= kMaxVarOff || value <= -kMaxVarOff))
    return env.reject(diag::PtrMathConstTooLarge{}, reg_type_str(type), value);
  if (reg.off >= kMaxVarOff || reg.off <= -kMaxVarOff)
    return env.reject(diag::PtrOffsetNotAllowed{}, reg_type_str(type), reg.off);
  if (smin == INT64_MIN) return env.reject(diag::PtrMathUnboundedMin{}, reg_type_str(type));
  if (smin >= kMaxVarOff || smin <= -kMaxVarOff) return env.reject(diag::PtrOutOfBounds{}, smin, reg_type_str(type));
  return kOk;
}

// The checks on operands, before anything is computed.
Outcome check_operands(Env& env, const isa::Insn& insn, const RegState& ptr, const RegState& off) {
  if (!allows_arithmetic(ptr, off.var, isa::insn_op(insn.code)))
    return env.reject(diag::PtrMathOnTypeProhibited{}, u32(insn.dst), reg_type_str(ptr.type));
  SKEP_TRY(check_sane_offset(env, off, ptr.type));
  return check_sane_offset(env, ptr, ptr.type);
}

// A packet pointer that moved by an unknown distance is another pointer.
void renew_packet_pointer(Env& env, RegState& dst, bool keep_range) {
  if (!dst.is_pkt_pointer()) return;
  dst.id = env.new_id();
  if (!keep_range) dst.data = {};
}

void add_offset(Env& env, RegState& dst, const RegState& ptr, const Scalar& off) {
  Scalar& v = dst.var;
  const s64 moved = off.is_const() ? ptr.off + off.smin : INT64_MAX;
  if (off.is_const() && moved == s32(moved)) {
    dst.off = s32(moved);
    return;
  }
  if (__builtin_add_overflow(ptr.var.smin, off.smin, &v.smin) ||
      __builtin_add_overflow(ptr.var.smax, off.smax, &v.smax)) {
    v.smin = INT64_MIN;
    v.smax = INT64_MAX;
  }
  if (__builtin_add_overflow(ptr.var.umin, off.umin, &v.umin) ||
      __builtin_add_overflow(ptr.var.umax, off.umax, &v.umax)) {
    v.umin = 0;
    v.umax = UINT64_MAX;
  }
  v.var_off = tnum_add(ptr.var.var_off, off.var_off);
  renew_packet_pointer(env, dst, false);
}

void sub_offset(Env& env, RegState& dst, const RegState& ptr, const Scalar& off) {
  Scalar& v = dst.var;
  const s64 moved = off.is_const() ? ptr.off - off.smin : INT64_MAX;
  if (off.is_const() && moved == s32(moved)) {
    dst.off = s32(moved);
    return;
  }
  if (__builtin_sub_overflow(ptr.var.smin, off.smax, &v.smin) ||
      __builtin_sub_overflow(ptr.var.smax, off.smin, &v.smax)) {
    v.smin = INT64_MIN;
    v.smax = INT64_MAX;
  }
  const bool borrows = ptr.var.umin < off.umax;
  v.umin = borrows ? 0 : ptr.var.umin - off.umax;
  v.umax = borrows ? UINT64_MAX : ptr.var.umax - off.umin;
  v.var_off = tnum_sub(ptr.var.var_off, off.var_off);
  renew_packet_pointer(env, dst, off.smin >= 0);
}

Outcome check_operator(Env& env, const isa::Insn& insn, const RegState& ptr, bool off_is_dst) {
  const u32 dst = insn.dst;
  switch (isa::insn_op(insn.code)) {
    case isa::BPF_ADD: return kOk;
    case isa::BPF_SUB:
      if (off_is_dst) return env.reject(diag::SubtractPtrFromScalar{}, dst);
      if (ptr.type == PTR_TO_STACK) return env.reject(diag::SubtractFromStackPtr{}, dst);
      return kOk;
    case isa::BPF_AND:
    case isa::BPF_OR:
    case isa::BPF_XOR: return env.reject(diag::PtrBitwiseOp{}, dst, alu_op_name(insn.code));
    default: return env.reject(diag::PtrMathOpProhibited{}, dst, alu_op_name(insn.code));
  }
}

// `ptr` and `off` are copies: the destination is one of them.
Outcome move_pointer(Env& env, const isa::Insn& insn, const RegState& ptr, const RegState& off, bool off_is_dst) {
  SKEP_TRY(check_operands(env, insn, ptr, off));
  AluMask mask;
  SKEP_TRY(sanitize_ptr_alu(env, insn, ptr, off, off_is_dst, mask));
  SKEP_TRY(check_operator(env, insn, ptr, off_is_dst));
  // All of the pointer, its reference too: `scalar += pointer` is as much a copy of it as a move (Linux 6.18 forgets
  // the reference, and lets the copy be used after its release).
  RegState& dst = env.regs()[insn.dst];
  dst = ptr;
  dst.var.mark32_unbounded();
  if (isa::insn_op(insn.code) == isa::BPF_ADD) {
    add_offset(env, dst, ptr, off.var);
  } else {
    sub_offset(env, dst, ptr, off.var);
  }
  SKEP_TRY(check_sane_offset(env, dst, ptr.type));
  domain::sync(dst.var);
  return commit_ptr_alu(env, insn, off, off_is_dst, mask);
}

}  // namespace

Outcome adjust_ptr_min_max_vals(Env& env, const isa::Insn& insn, const RegState& ptr_reg, const RegState& off_reg) {
  if (is_contradictory(off_reg.var)) {
    mark_reg_unknown(env, env.regs(), insn.dst);
    return kOk;
  }
  if (isa::insn_class(insn.code) != isa::BPF_ALU64) {
    if (isa::insn_op(insn.code) != isa::BPF_SUB || !env.allow_ptr_leaks)
      return env.reject(diag::PtrMath32Bit{}, u32(insn.dst));
    mark_reg_unknown(env, env.regs(), insn.dst);
    return kOk;
  }
  if (ptr_reg.may_be_null())
    return env.reject(diag::PtrMathNullCheckFirst{}, u32(insn.dst), reg_type_str(ptr_reg.type));
  // Read by probes, wherever it points to.
  if (ptr_reg.base() == PTR_TO_MEM && (ptr_reg.type & PTR_UNTRUSTED)) return kOk;
  const bool off_is_dst = &off_reg == &env.cregs()[insn.dst];
  const RegState ptr = ptr_reg, off = off_reg;
  return move_pointer(env, insn, ptr, off, off_is_dst);
}

}  // namespace skep::verifier
