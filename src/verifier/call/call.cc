// step_call: what kind of call an instruction is, and what no call may do while a lock is held (spec: instructions.md
// 11, kfuncs.md 4.0).
#include "verifier/call/call.h"

namespace skep::verifier {

namespace {

bool has_reserved_fields(const isa::Insn& insn) {
  bool off_used = insn.off != 0 && insn.src != isa::BPF_PSEUDO_KFUNC_CALL;
  bool unknown_src = insn.src != 0 && insn.src != isa::BPF_PSEUDO_CALL && insn.src != isa::BPF_PSEUDO_KFUNC_CALL;
  return isa::insn_is_x(insn.code) || off_used || unknown_src || insn.dst ||
         isa::insn_class(insn.code) == isa::BPF_JMP32;
}

}  // namespace

Outcome step_call(Env& env, const isa::Insn& insn) {
  if (has_reserved_fields(insn)) return env.reject(diag::CallReservedFields{});
  if (env.cur->active_locks && !is_spin_locked_call_allowed(env, insn)) return env.reject(diag::CallWithLock{});
  if (isa::is_pseudo_call(insn)) return check_func_call(env, insn, env.insn_idx);
  int insn_idx = env.insn_idx;
  SKEP_TRY(isa::is_kfunc_call(insn) ? check_kfunc_call(env, insn, env.insn_idx)
                                    : check_helper_call(env, insn, env.insn_idx));
  env.mark_reg_changed(0);
  if (env.insn_idx == insn_idx) env.insn_idx++;  // a tail call may have left the function
  return kOk;
}

}  // namespace skep::verifier
