// Masking of pointer arithmetic: limits, and that every path agrees on them.
#include "verifier/sanitize.h"

#include <cstdlib>

#include "verifier/mem/mem.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

constexpr char kProhibited[] = "pointer arithmetic with it prohibited for !root";

// As the kernel's rewriting of the instruction wants them (BPF_ALU_*).
enum AluState : u8 {
  kSanitizeSrc = 1,
  kSanitizeDst = 2,
  kNegValue = 4,
  kNonPointer = 8,
  kImmediate = 16,
};

enum class LimitFault { None, Type, Beyond };

bool is_add(const isa::Insn& insn) { return isa::insn_op(insn.code) == isa::BPF_ADD; }
const char* op_word(const isa::Insn& insn) { return is_add(insn) ? "add" : "sub"; }

// Constants are checked when the program is, and need no mask.
bool needs_mask(const Env& env, const isa::Insn& insn) {
  const u8 op = isa::insn_op(insn.code);
  return !env.bypass_spec_v1 && isa::insn_is_x(insn.code) && (op == isa::BPF_ADD || op == isa::BPF_SUB);
}

// How far the pointer may move in the direction of the offset.
LimitFault ptr_limit(const RegState& ptr, bool to_left, u32& limit) {
  u32 max = 0;
  switch (ptr.type) {
    case PTR_TO_STACK:
      max = u32(kMaxStack) + (to_left ? 1 : 0);
      limit = u32(-(s64(ptr.var.var_off.value) + ptr.off));
      break;
    case PTR_TO_MAP_VALUE:
      max = ptr.map.ptr->value_size;
      limit = u32((to_left ? u64(ptr.var.smin) : ptr.var.umax) + u64(s64(ptr.off)));
      break;
    default: return LimitFault::Type;
  }
  return limit >= max ? LimitFault::Beyond : LimitFault::None;
}

Outcome reject_limit(Env& env, const isa::Insn& insn, LimitFault fault, bool off_is_dst) {
  if (fault == LimitFault::Type)
    return env.reject(diag::SanitizeUnsupportedOp{}, u32(off_is_dst ? insn.src : insn.dst), kProhibited);
  return env.reject(diag::SanitizeBeyondBounds{}, u32(insn.dst), op_word(insn), kProhibited);
}

// Two paths with different masks cannot share the instruction.
Outcome update_alu_state(Env& env, const isa::Insn& insn, u8 state, u32 limit) {
  InsnAux& aux = env.cur_aux();
  if (aux.alu_state && (aux.alu_state != state || aux.alu_limit != limit))
    return env.reject(diag::SanitizeDifferentPaths{}, u32(insn.dst), op_word(insn), kProhibited);
  aux.alu_state = state;
  aux.alu_limit = limit;
  return kOk;
}

// The path on which the mask made the offset zero: the pointer as it was.
Outcome push_masked_path(Env& env, const isa::Insn& insn, const RegState& ptr) {
  VerifierState* branch = push_stack(env, env.insn_idx + 1, env.insn_idx, true);
  if (!branch) return env.reject(diag::SanitizeNotPushed{}, u32(insn.dst), kProhibited);
  RegState& dst = branch->regs()[insn.dst];
  dst = ptr;
  dst.var.mark32_unbounded();
  return kOk;
}

Outcome check_stack_ptr(Env& env, u32 regno, const RegState& reg) {
  const int off = int(reg.off + s64(reg.var.var_off.value));
  if (!reg.var.is_const()) return env.reject(diag::VarStackArithNotRoot{}, regno, tnum_str(reg.var.var_off), off);
  if (off >= 0 || off < -kMaxStack) return env.reject(diag::StackArithOutOfRangeNotRoot{}, regno, off);
  return kOk;
}

// A pointer is in bounds as soon as it is made, not only when it is used.
Outcome check_result(Env& env, u32 regno) {
  const RegState& reg = env.cregs()[regno];
  if (reg.type == PTR_TO_STACK) return check_stack_ptr(env, regno, reg);
  if (reg.type == PTR_TO_MAP_VALUE && !check_map_access(env, regno, reg.off, 1, false, true).ok())
    return env.reject(diag::MapArithOutOfRangeNotRoot{}, regno);
  return kOk;
}

}  // namespace

Outcome sanitize_ptr_alu(Env& env, const isa::Insn& insn, const RegState& ptr, const RegState& off, bool off_is_dst,
                         AluMask& mask) {
  if (!needs_mask(env, insn)) return kOk;
  const bool off_is_const = off.var.is_const(), off_is_neg = off.var.smin < 0;
  // A speculative path only looks for bad accesses: the masks are those of the real ones.
  if (!env.cur->speculative) {
    if (!off_is_const && off_is_neg != (off.var.smax < 0))
      return env.reject(diag::SanitizeMixedSigns{}, u32(off_is_dst ? insn.dst : insn.src), kProhibited);
    mask.to_left = is_add(insn) == off_is_neg;
    const LimitFault fault = ptr_limit(ptr, mask.to_left, mask.limit);
    if (fault != LimitFault::None) return reject_limit(env, insn, fault, off_is_dst);
    mask.state =
        u8((off_is_neg ? kNegValue : 0) | (off_is_const ? kImmediate : 0) | (off_is_dst ? kSanitizeDst : kSanitizeSrc));
    if (!off_is_const) env.explore_alu_limits = true;
  }
  return off_is_const ? kOk : push_masked_path(env, insn, ptr);
}

Outcome commit_ptr_alu(Env& env, const isa::Insn& insn, const RegState&, bool off_is_dst, const AluMask& mask) {
  if (env.bypass_spec_v1) return kOk;
  SKEP_TRY(check_result(env, insn.dst));
  if (!needs_mask(env, insn) || env.cur->speculative) return kOk;
  u32 limit = 0;
  const LimitFault fault = ptr_limit(env.cregs()[insn.dst], mask.to_left, limit);
  if (fault != LimitFault::None) return reject_limit(env, insn, fault, off_is_dst);
  return update_alu_state(env, insn, mask.state, u32(std::abs(s32(mask.limit - limit))));
}

Outcome sanitize_val_alu(Env& env, const isa::Insn& insn) {
  if (!needs_mask(env, insn)) return kOk;
  return update_alu_state(env, insn, kNonPointer, 0);
}

}  // namespace skep::verifier
