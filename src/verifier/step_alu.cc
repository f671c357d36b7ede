// ALU and ALU64: which operands an instruction may have, and what its destination becomes (spec: instructions.md 6, 7,
// 10). The arithmetic itself is the domain's; here are registers, ids and the fork of a mask.
#include <bit>

#include "domain/scalar.h"
#include "isa/insn.h"
#include "verifier/alu_op_names.h"
#include "verifier/prune/prune.h"
#include "verifier/sanitize.h"
#include "verifier/step.h"

namespace skep::verifier {
namespace {

using domain::Scalar;

bool is_alu64(const isa::Insn& insn) { return isa::insn_class(insn.code) == isa::BPF_ALU64; }

void set_known(Env& env, RegState& reg, u64 value) {
  reg.mark_known_scalar(value);
  reg.precise = !env.bpf_capable;
}

// The register is no longer equal to what it was linked with.
void unlink(RegState& reg) {
  reg.id = 0;
  reg.off = 0;
}

bool fits(const RegState& reg, int bits) { return reg.var.umax < u64{1} << bits; }

// --- NEG, END
// ---------------------------------------------------------------------------------------------------------

Outcome check_unary_fields(Env& env, const isa::Insn& insn) {
  if (isa::insn_op(insn.code) == isa::BPF_NEG) {
    if (isa::insn_is_x(insn.code) || insn.src || insn.off || insn.imm) return env.reject(diag::NegReservedFields{});
    return kOk;
  }
  const bool width_ok = insn.imm == 16 || insn.imm == 32 || insn.imm == 64;
  if (insn.src || insn.off || !width_ok || (is_alu64(insn) && isa::insn_is_x(insn.code)))
    return env.reject(diag::EndReservedFields{});
  return kOk;
}

void swap_bytes(RegState& reg, const isa::Insn& insn) {
  // To little-endian there is nothing to swap here.
  const bool swaps = is_alu64(insn) || isa::insn_is_x(insn.code);
  domain::byte_swap(reg.var, swaps, insn.imm);
  if (swaps || insn.imm != 64) unlink(reg);
}

Outcome step_unary(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_unary_fields(env, insn));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  if (is_pointer_value(env, insn.dst)) return env.reject(diag::PtrMathProhibited{}, u32(insn.dst));
  const bool tracked = env.target.features().unary_tracks_value && env.cregs()[insn.dst].is_scalar();
  if (!tracked) return check_reg_arg(env, insn.dst, RegUse::DstOp);
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOpNoMark));
  RegState& dst = env.regs()[insn.dst];
  if (isa::insn_op(insn.code) == isa::BPF_END) {
    swap_bytes(dst, insn);
    return kOk;
  }
  domain::alu(domain::AluOp::Neg, is_alu64(insn), dst.var, dst.var);
  unlink(dst);
  return kOk;
}

// --- MOV
// --------------------------------------------------------------------------------------------------------------

Outcome check_mov_fields(Env& env, const isa::Insn& insn) {
  if (!isa::insn_is_x(insn.code)) return insn.src || insn.off ? env.reject(diag::MovReservedFields{}) : kOk;
  if (isa::is_addr_space_cast(insn)) {
    if (insn.imm != 1 && insn.imm != 1 << 16) return env.reject(diag::AddrSpaceCastRange{});
    return env.arena ? kOk : env.reject(diag::AddrSpaceCastNoArena{});
  }
  const bool off_ok = insn.off == 0 || insn.off == 8 || insn.off == 16 || (insn.off == 32 && is_alu64(insn));
  return off_ok && insn.imm == 0 ? kOk : env.reject(diag::MovReservedFields{});
}

// Between an arena's 32-bit and its full addresses. What comes from there is a number for programs.
void cast_addr_space(Env& env, const isa::Insn& insn) {
  mark_reg_unknown(env, env.regs(), insn.dst);
  if (insn.imm == 1) env.regs()[insn.dst].type = PTR_TO_ARENA;
}

// dst = src; both stay linked if the move keeps the number as it is.
void copy_scalar(Env& env, const isa::Insn& insn, bool keeps_value) {
  RegState* regs = env.regs();
  if (keeps_value) assign_scalar_id_before_mov(env, regs[insn.src]);
  regs[insn.dst] = regs[insn.src];
  if (!keeps_value) unlink(regs[insn.dst]);
}

Outcome mov_reg64(Env& env, const isa::Insn& insn) {
  RegState* regs = env.regs();
  if (insn.off == 0) {
    assign_scalar_id_before_mov(env, regs[insn.src]);
    regs[insn.dst] = regs[insn.src];
    return kOk;
  }
  if (is_pointer_value(env, insn.src)) return env.reject(diag::PtrSignExtension{}, u32(insn.src));
  if (!regs[insn.src].is_scalar()) {
    mark_reg_unknown(env, regs, insn.dst);
    return kOk;
  }
  copy_scalar(env, insn, fits(regs[insn.src], insn.off - 1));
  domain::coerce_to_size_sx(regs[insn.dst].var, insn.off / 8);
  return kOk;
}

Outcome mov_reg32(Env& env, const isa::Insn& insn) {
  RegState* regs = env.regs();
  if (is_pointer_value(env, insn.src)) return env.reject(diag::PtrPartialCopy{}, u32(insn.src));
  RegState& dst = regs[insn.dst];
  if (!regs[insn.src].is_scalar()) {
    mark_reg_unknown(env, regs, insn.dst);
  } else {
    copy_scalar(env, insn, fits(regs[insn.src], insn.off ? insn.off - 1 : 32));
    if (insn.off) domain::coerce_subreg_to_size_sx(dst.var, insn.off / 8);
  }
  domain::zext_32_to_64(dst.var);
  domain::sync(dst.var);
  return kOk;
}

Outcome step_mov(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_mov_fields(env, insn));
  if (isa::insn_is_x(insn.code)) SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOpNoMark));
  if (!isa::insn_is_x(insn.code)) {
    set_known(env, env.regs()[insn.dst], is_alu64(insn) ? u64(s64(insn.imm)) : u64(u32(insn.imm)));
    return kOk;
  }
  if (isa::is_addr_space_cast(insn)) {
    cast_addr_space(env, insn);
    return kOk;
  }
  return is_alu64(insn) ? mov_reg64(env, insn) : mov_reg32(env, insn);
}

// --- binary operators on scalars
// --------------------------------------------------------------------------------------

// The order of the opcodes.
constexpr domain::AluOp kAluOps[] = {
    domain::AluOp::Add, domain::AluOp::Sub, domain::AluOp::Mul,  domain::AluOp::Div, domain::AluOp::Or,
    domain::AluOp::And, domain::AluOp::Lsh, domain::AluOp::Rsh,  domain::AluOp::Neg, domain::AluOp::Mod,
    domain::AluOp::Xor, domain::AluOp::Neg, domain::AluOp::Arsh,
};

void make_known(RegState& reg, bool low_half, u64 value) {
  unlink(reg);
  if (!low_half) {
    reg.var = Scalar::known(value);
    return;
  }
  reg.var.var_off = tnum_with_subreg(reg.var.var_off, domain::Tnum::known(u32(value)));
  reg.var.s32_min = reg.var.s32_max = s32(value);
  reg.var.u32_min = reg.var.u32_max = u32(value);
}

// A value that is 0 or all ones (the sign, shifted down) and is masked by a constant: the two are walked one by one.
// The branch comes to the same instruction again.
Outcome maybe_fork_scalars(Env& env, const isa::Insn& insn, const Scalar& src) {
  const u8 op = isa::insn_op(insn.code);
  if ((op != isa::BPF_AND && op != isa::BPF_OR) || !src.is_const() || !env.target.features().mask_fork) return kOk;
  const Scalar& v = env.cregs()[insn.dst].var;
  const bool whole = v.smin == -1 && v.smax == 0;
  if (!whole && !(v.s32_min == -1 && v.s32_max == 0)) return kOk;
  VerifierState* branch = push_stack(env, env.insn_idx, env.insn_idx, false);
  if (!branch) {
    env.rejection->error = ENOMEM;
    return Outcome::error(ENOMEM);
  }
  make_known(branch->regs()[insn.dst], !whole, 0);
  make_known(env.regs()[insn.dst], !whole, ~u64{0});
  return kOk;
}

// The constant that `dst op= src` adds to dst, if it is one that links can carry.
struct AddedConstant {
  bool ok = false;
  s32 value = 0;
};

AddedConstant added_constant(const Env& env, const isa::Insn& insn, const RegState& dst, const Scalar& src) {
  const u8 op = isa::insn_op(insn.code);
  const bool is64 = is_alu64(insn);
  if (!env.bpf_capable || (op != isa::BPF_ADD && op != isa::BPF_SUB) || !dst.id) return {};
  if (is64 ? !src.is_const() : !src.is_subreg_const() || !fits(dst, 32)) return {};
  const s64 value = is64 ? s64(src.var_off.value) : s64(s32(u32(src.var_off.value)));
  if (!env.target.features().signed_link_constants && (!is64 || op != isa::BPF_ADD || value < 0)) return {};
  if (value != s32(value) || (op == isa::BPF_SUB && value == INT32_MIN)) return {};
  return {true, s32(op == isa::BPF_SUB ? -value : value)};
}

// A register that was equal to others is now that plus a constant, or no longer related.
void update_link(RegState& dst, bool is64, AddedConstant added) {
  if (!added.ok || (dst.id & BPF_ADD_CONST)) {
    unlink(dst);
    return;
  }
  dst.id |= is64 ? BPF_ADD_CONST64 : BPF_ADD_CONST32;
  dst.off = added.value;
}

Outcome adjust_scalar_min_max_vals(Env& env, const isa::Insn& insn, const Scalar& src) {
  SKEP_TRY(sanitize_val_alu(env, insn));
  SKEP_TRY(maybe_fork_scalars(env, insn, src));
  RegState& dst = env.regs()[insn.dst];
  const bool self = isa::insn_is_x(insn.code) && insn.src == insn.dst;
  const AddedConstant added = self ? AddedConstant{} : added_constant(env, insn, dst, src);
  domain::alu(kAluOps[isa::insn_op(insn.code) >> 4], is_alu64(insn), dst.var, src);
  update_link(dst, is_alu64(insn), added);
  return kOk;
}

// --- binary operators on any operands
// ---------------------------------------------------------------------------------

bool is_pointer(const RegState& reg) { return !reg.is_scalar(); }

Outcome combine_pointers(Env& env, const isa::Insn& insn) {
  if (isa::insn_op(insn.code) != isa::BPF_SUB || !env.allow_ptr_leaks)
    return env.reject(diag::PtrOpPtrProhibited{}, u32(insn.dst), alu_op_name(insn.code));
  mark_reg_unknown(env, env.regs(), insn.dst);
  return kOk;
}

Outcome alu_imm(Env& env, const isa::Insn& insn) {
  const RegState& dst = env.regs()[insn.dst];
  if (dst.is_scalar()) return adjust_scalar_min_max_vals(env, insn, Scalar::known(u64(s64(insn.imm))));
  RegState off;
  off.mark_known_scalar(u64(s64(insn.imm)));
  return adjust_ptr_min_max_vals(env, insn, dst, off);
}

Outcome alu_reg(Env& env, const isa::Insn& insn) {
  const RegState* regs = env.regs();
  const RegState& dst = regs[insn.dst];
  const RegState& src = regs[insn.src];
  if (is_pointer(dst) && is_pointer(src)) return combine_pointers(env, insn);
  // How far a pointer moves must be the same in every state that is found equal to this one.
  if (is_pointer(src)) {
    SKEP_TRY(mark_chain_precision(env, insn.dst));
    return adjust_ptr_min_max_vals(env, insn, src, dst);
  }
  if (is_pointer(dst)) {
    SKEP_TRY(mark_chain_precision(env, insn.src));
    return adjust_ptr_min_max_vals(env, insn, dst, src);
  }
  if (dst.precise) SKEP_TRY(mark_chain_precision(env, insn.src));
  const Scalar value = env.cregs()[insn.src].var;
  return adjust_scalar_min_max_vals(env, insn, value);
}

Outcome adjust_reg_min_max_vals(Env& env, const isa::Insn& insn) {
  const bool is_x = isa::insn_is_x(insn.code);
  if (is_arena_reg(env, insn.dst)) return kOk;  // any arithmetic will do
  if (is_x && is_arena_reg(env, insn.src) && env.target.features().arena_sources) {
    mark_reg_unknown(env, env.regs(), insn.dst);
    env.regs()[insn.dst].type = PTR_TO_ARENA;
    return kOk;
  }
  return is_x ? alu_reg(env, insn) : alu_imm(env, insn);
}

bool is_division(u8 op) { return op == isa::BPF_DIV || op == isa::BPF_MOD; }
bool is_shift(u8 op) { return op == isa::BPF_LSH || op == isa::BPF_RSH || op == isa::BPF_ARSH; }

Outcome check_imm_operand(Env& env, const isa::Insn& insn) {
  const u8 op = isa::insn_op(insn.code);
  if (isa::insn_is_x(insn.code)) return kOk;
  if (is_division(op) && insn.imm == 0) return env.reject(diag::DivByZero{});
  const int width = is_alu64(insn) ? 64 : 32;
  if (is_shift(op) && (insn.imm < 0 || insn.imm >= width)) return env.reject(diag::InvalidShift{}, insn.imm);
  return kOk;
}

Outcome step_binary(Env& env, const isa::Insn& insn) {
  const bool is_x = isa::insn_is_x(insn.code);
  const bool off_ok = insn.off == 0 || (insn.off == 1 && is_division(isa::insn_op(insn.code)));
  if (!off_ok || (is_x ? insn.imm != 0 : insn.src != 0)) return env.reject(diag::AluReservedFields{});
  if (is_x) SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  SKEP_TRY(check_imm_operand(env, insn));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOpNoMark));
  return adjust_reg_min_max_vals(env, insn);
}

Outcome step_by_op(Env& env, const isa::Insn& insn) {
  const u8 op = isa::insn_op(insn.code);
  if (op == isa::BPF_NEG || op == isa::BPF_END) return step_unary(env, insn);
  if (op == isa::BPF_MOV) return step_mov(env, insn);
  if (op > isa::BPF_END) return env.reject(diag::InvalidAluOpcode{}, op);
  return step_binary(env, insn);
}

}  // namespace

Outcome step_alu(Env& env, const isa::Insn& insn) {
  SKEP_TRY(step_by_op(env, insn));
  return reg_bounds_sanity_check(env, env.regs()[insn.dst], "alu");
}

}  // namespace skep::verifier
