// Control flow before the walk (spec: exploration.md 2, 5.1): subprograms, the CFG check and its marks, orders and
// components, live registers.
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Finds subprograms and kfuncs, in instruction order (subprogs.cc).
Outcome add_subprogs_and_kfuncs(Env&);
// Jumps stay in their subprogram, which ends in an exit or jump (subprogs.cc).
Outcome check_subprogs(Env&);

// Every insn reachable, no back edge without CAP_BPF; marks prune points, jump points, checkpoints; subprogram effects
// (cfg.cc).
Outcome check_cfg(Env&);

// Successors within the subprogram: none for exit, the target of a goto, next and target of a conditional jump, else
// the next insn.
struct Successors {
  int count = 0;
  int insn[2];
};
inline Successors successors(const Env& env, int i) {
  const isa::Insn& insn = env.insns[size_t(i)];
  Successors s;
  if (isa::is_exit(insn)) return s;
  if (isa::is_goto(insn)) {
    s.insn[s.count++] = i + 1 + isa::goto_offset(insn);
    return s;
  }
  int next = i + (isa::is_ldimm64(insn) ? 2 : 1);
  if (next < int(env.insns.size())) s.insn[s.count++] = next;
  if (isa::is_cond_jmp(insn)) s.insn[s.count++] = i + 1 + insn.off;
  return s;
}

inline bool is_tail_call(const Env& env, const isa::Insn& insn) {
  if (!isa::is_helper_call(insn)) return false;
  const target::HelperProto* helper = env.target.helper(u32(insn.imm));
  return helper && helper->special == target::SpecialRule::TailCall;
}

// Env::postorder, computed at the first question (order.cc).
const Postorder& postorder(Env&);
// Numbers the strongly connected components into InsnAux::scc (order.cc).
void compute_scc(Env&);
// Classic live-variable analysis into InsnAux::live_regs_before; prints the table at level 2 (live_regs.cc).
void compute_live_registers(Env&);
// Registers an insn defines and uses.
struct DefUse {
  u16 def, use;
};
DefUse insn_def_use(const Env&, const isa::Insn&);

// Spill/fill patterns around bpf_fastcall calls, whose stack slots do not count (fastcall.cc).
void mark_fastcall_patterns(Env&);
void remove_fastcall_spills(Env&);
void check_fastcall_stack_contract(Env&, FuncState&, int insn_idx, int off);

}  // namespace skep::verifier
