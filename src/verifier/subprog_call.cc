// Calls of the program's own functions: entering static ones in a new frame, assuming global ones, queueing callbacks
// (spec: exploration.md 3.7, instructions.md 14, helpers.md 7).
#include "verifier/call/call.h"
#include "verifier/print_state.h"
#include "verifier/stack_liveness.h"
#include "verifier/step.h"
#include "verifier/summary.h"

namespace skep::verifier {

void init_func_state(FuncState& frame, int callsite, u32 frameno, u32 subprog) {
  for (RegState& reg : frame.regs) reg.mark_not_init();
  frame.regs[isa::kFramePtr].mark_known_zero(PTR_TO_STACK);
  frame.regs[isa::kFramePtr].frameno = frameno;
  frame.callsite = callsite;
  frame.frameno = frameno;
  frame.subprogno = subprog;
}

void clear_caller_saved_regs(RegState* regs) {
  for (int r = 0; r <= 5; r++) regs[r].mark_not_init();
}

Outcome setup_func_entry(Env& env, int subprog, int callsite, SetArgs set_args, VerifierState& state) {
  if (state.curframe + 1 >= kMaxFrames) return env.reject(diag::CallFramesTooDeep{}, state.curframe + 2);
  u32 callee_no = state.curframe + 1;
  state.frames[callee_no].reset();
  FuncState& callee = state.frame(callee_no);
  init_func_state(callee, callsite, callee_no, u32(subprog));
  env.mark_all_changed();
  SKEP_TRY(set_args(env, state.frame(state.curframe), callee, callsite));
  state.curframe++;
  return kOk;
}

Outcome set_callee_state(Env&, FuncState& caller, FuncState& callee, int) {
  for (int r = 1; r <= 5; r++) callee.regs[r] = caller.regs[r];
  return kOk;
}

namespace {

Outcome check_global_call(Env& env, int subprog, Outcome args_match) {
  SubprogInfo& info = env.subprogs[subprog];
  const VerifierState& state = *env.cur;
  if (state.active_locks) return env.reject(diag::GlobalCallWithLock{});
  const bool sleep_rule = env.target.features().sleep_of_global_functions;
  if (!sleep_rule && state.active_preempt_locks) return env.reject(diag::GlobalCallNonPreemptible{});
  bool atomic = state.active_rcu_lock || state.active_preempt_locks || state.active_irq_id || !in_sleepable(env);
  if (sleep_rule && info.might_sleep && atomic) return env.reject(diag::GlobalCallMaySleep{});
  if (!args_match.ok())
    return reject_as_summary(env, args_match.error(), diag::CallerInvalidArgs{}, subprog, info.name);
  env.log.print("Func#{} ('{}') is global and assumed valid.\n", subprog, info.name);
  if (info.changes_pkt_data) clear_all_pkt_pointers(env);
  info.called = true;
  clear_caller_saved_regs(env.regs());
  for (u32 r = 0; r <= 5; r++) env.mark_reg_changed(r);
  mark_reg_unknown(env, env.regs(), 0);
  env.insn_idx++;
  return kOk;
}

void print_call(Env& env) {
  if (!env.log.prints_insns()) return;
  env.log.print("caller:\n");
  print_verifier_state(env, *env.cur, env.cur->curframe - 1, true);
  env.log.print("callee:\n");
  print_verifier_state(env, *env.cur, env.cur->curframe, true);
}

}  // namespace

Outcome check_func_call(Env& env, const isa::Insn& insn, int& insn_idx) {
  int subprog = env.find_subprog(u32(insn_idx + insn.imm + 1));
  if (subprog < 0) return env.verifier_bug("callee not found");
  Outcome args_match = btf_check_subprog_call(env, subprog, env.regs());
  if (args_match.error() == EFAULT) return args_match;
  if (env.subprogs[subprog].is_global) return check_global_call(env, subprog, args_match);
  env.rejection.reset();  // a static function's prototype is only a hint

  VerifierState& state = *env.cur;
  SKEP_TRY(setup_func_entry(env, subprog, insn_idx, set_callee_state, state));
  clear_caller_saved_regs(state.frame(state.curframe - 1).regs);
  insn_idx = int(env.subprogs[subprog].start);
  env.liveness->forget_current();
  print_call(env);
  return kOk;
}

Outcome push_callback_call(Env& env, const isa::Insn&, int insn_idx, int subprog, SetArgs set_args, bool async,
                           bool async_sleepable) {
  Outcome args_match = btf_check_subprog_call(env, subprog, env.regs());
  if (args_match.error() == EFAULT) return args_match;
  if (!args_match.ok()) env.rejection.reset();
  SubprogInfo& info = env.subprogs[subprog];
  info.is_cb = true;
  if (async) {
    info.is_async_cb = true;
    VerifierState* callback = push_async_cb(env, int(info.start), insn_idx, subprog, async_sleepable);
    if (!callback) return Outcome::error(EFAULT);
    callback->frame(0).async_entry_cnt = env.cur->ccur().async_entry_cnt + 1;
    return set_args(env, env.cur->cur(), callback->frame(0), insn_idx);
  }
  VerifierState* callback = push_stack(env, int(info.start), insn_idx, false);
  if (!callback) return Outcome::error(ENOMEM);
  SKEP_TRY(setup_func_entry(env, subprog, insn_idx, set_args, *callback));
  callback->callback_unroll_depth++;
  callback->frame(callback->curframe - 1).callback_depth++;
  env.cur->cur().callback_depth = 0;
  return kOk;
}

}  // namespace skep::verifier
