// Loads and stores: LDX, ST, STX (spec: instructions.md 3, 13). What the pointer allows is mem/'s.
#include "isa/insn.h"
#include "verifier/mem/mem.h"
#include "verifier/step.h"

namespace skep::verifier {

Outcome step_ldx(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOpNoMark));
  const RegType src_type = env.cregs()[insn.src].type;
  const bool is_ldsx = isa::insn_mode(insn.code) == isa::BPF_MEMSX;
  SKEP_TRY(check_mem_access(env, env.insn_idx, insn.src, insn.off, isa::insn_size(insn.code), Access::Read, insn.dst,
                            false, is_ldsx));
  SKEP_TRY(save_aux_ptr_type(env, src_type, true));
  return reg_bounds_sanity_check(env, env.regs()[insn.dst], "ldx");
}

Outcome step_st(Env& env, const isa::Insn& insn) {
  if (isa::insn_mode(insn.code) != isa::BPF_MEM || insn.src != 0) return env.reject(diag::StReservedFields{});
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  const RegType dst_type = env.cregs()[insn.dst].type;
  SKEP_TRY(check_mem_access(env, env.insn_idx, insn.dst, insn.off, isa::insn_size(insn.code), Access::Write, kNoReg,
                            false, false));
  return save_aux_ptr_type(env, dst_type, false);
}

Outcome step_stx(Env& env, const isa::Insn& insn) {
  if (isa::is_atomic(insn)) return step_atomic(env, insn);
  if (isa::insn_mode(insn.code) != isa::BPF_MEM || insn.imm != 0) return env.reject(diag::StxReservedFields{});
  SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::SrcOp));
  const RegType dst_type = env.cregs()[insn.dst].type;
  SKEP_TRY(check_mem_access(env, env.insn_idx, insn.dst, insn.off, isa::insn_size(insn.code), Access::Write, insn.src,
                            false, false));
  return save_aux_ptr_type(env, dst_type, false);
}

}  // namespace skep::verifier
