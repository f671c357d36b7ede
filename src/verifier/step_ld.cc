// The LD class: 64-bit immediates with their map, variable and function forms, and the legacy packet loads (spec:
// instructions.md 12).
#include "verifier/mem/mem.h"
#include "verifier/prune/prune.h"
#include "verifier/step.h"

namespace skep::verifier {

namespace {

// A kernel variable or function (BPF_PSEUDO_BTF_ID).
void load_btf_var(RegState& dst, const InsnExtra& extra) {
  dst.mark_known_zero(extra.btf_var.type);
  if (base_type(extra.btf_var.type) == PTR_TO_MEM) {
    dst.mem.size = extra.btf_var.mem_size;
    return;
  }
  dst.btf.types = extra.btf_var.types;
  dst.btf.id = extra.btf_var.id;
}

Outcome load_func(Env& env, const isa::Insn& insn, RegState& dst) {
  if (env.func_info.empty()) return env.reject(diag::MissingFuncInfo{});
  int subprog = env.find_subprog(u32(env.insn_idx + insn.imm + 1));
  if (subprog < 0 || env.subprogs[subprog].is_global) return env.reject(diag::CallbackNotStatic{});
  dst.mark_known_zero(PTR_TO_FUNC);
  dst.func.subprog = u32(subprog);
  return kOk;
}

void load_map(Env& env, const isa::Insn& insn, RegState& dst, const InsnExtra& extra) {
  bool is_value = insn.src == isa::BPF_PSEUDO_MAP_VALUE || insn.src == isa::BPF_PSEUDO_MAP_IDX_VALUE;
  if (is_value && extra.map->map_type == BPF_MAP_TYPE_ARENA) {
    dst.mark_unknown(!env.bpf_capable);
    return;
  }
  dst.mark_known_zero(is_value ? PTR_TO_MAP_VALUE : CONST_PTR_TO_MAP);
  dst.map.ptr = extra.map;
  if (is_value) dst.off = s32(extra.map_off);
}

Outcome step_ld_imm64(Env& env, const isa::Insn& insn) {
  if (isa::insn_size(insn.code) != isa::BPF_DW) return env.reject(diag::InvalidLdImmInsn{});
  if (insn.off) return env.reject(diag::LdImm64ReservedFields{});
  SKEP_TRY(check_reg_arg(env, insn.dst, RegUse::DstOp));
  RegState& dst = env.regs()[insn.dst];
  switch (insn.src) {
    case 0:
      dst.mark_known_scalar(isa::ldimm64_value(&env.insns[env.insn_idx]));
      dst.precise = !env.bpf_capable;
      break;
    case isa::BPF_PSEUDO_BTF_ID: load_btf_var(dst, *env.extra_of(size_t(env.insn_idx))); break;
    case isa::BPF_PSEUDO_FUNC: SKEP_TRY(load_func(env, insn, dst)); break;
    default: load_map(env, insn, dst, *env.extra_of(size_t(env.insn_idx)));
  }
  env.insn_idx += 2;
  env.aux[env.insn_idx - 1].seen = true;
  return kOk;
}

bool may_load_from_skb(u32 prog_type) {
  return prog_type == BPF_PROG_TYPE_SOCKET_FILTER || prog_type == BPF_PROG_TYPE_SCHED_CLS ||
         prog_type == BPF_PROG_TYPE_SCHED_ACT;
}

Outcome check_ld_abs(Env& env, const isa::Insn& insn) {
  bool is_abs = isa::insn_mode(insn.code) == isa::BPF_ABS;
  if (!may_load_from_skb(env.prog_type())) return env.reject(diag::LdAbsNotAllowed{});
  if (insn.dst || insn.off || isa::insn_size(insn.code) == isa::BPF_DW || (is_abs && insn.src))
    return env.reject(diag::LdAbsReservedFields{});
  constexpr u32 kSkbReg = 6;
  SKEP_TRY(check_reg_arg(env, kSkbReg, RegUse::SrcOp));
  SKEP_TRY(check_resource_leak(env, false, true, Leaving::LdAbs));
  if (env.cregs()[kSkbReg].type != PTR_TO_CTX) return env.reject(diag::LdAbsR6NotSkb{});
  if (!is_abs) SKEP_TRY(check_reg_arg(env, insn.src, RegUse::SrcOp));
  return check_ptr_off_reg(env, env.cregs()[kSkbReg], kSkbReg, false);
}

// A load from the packet that fails ends its function: in a subprogram, both outcomes are walked.
Outcome step_ld_abs(Env& env, const isa::Insn& insn) {
  SKEP_TRY(check_ld_abs(env, insn));
  RegState* regs = env.regs();
  for (u32 r = 0; r <= 5; r++) {
    regs[r].mark_not_init();
    env.mark_reg_changed(r);
  }
  mark_reg_unknown(env, regs, 0);
  if (env.cur->curframe) return fork_return_to_caller(env, EarlyReturn::PacketLoad);
  env.insn_idx++;
  return kOk;
}

}  // namespace

Outcome step_ld(Env& env, const isa::Insn& insn) {
  switch (isa::insn_mode(insn.code)) {
    case isa::BPF_ABS:
    case isa::BPF_IND: return step_ld_abs(env, insn);
    case isa::BPF_IMM: return step_ld_imm64(env, insn);
    default: return env.reject(diag::InvalidLdMode{});
  }
}

}  // namespace skep::verifier
