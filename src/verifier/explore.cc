// The work list: take a path, step its instructions, push branches, prune, until nothing is left (spec:
// exploration.md 3.2). Owns the budgets and nothing else; what an instruction does is in the step_* files.
#include "verifier/explore.h"

#include "verifier/call/call.h"
#include "verifier/observer.h"
#include "verifier/print_state.h"
#include "verifier/prune/explored.h"
#include "verifier/stack_liveness.h"
#include "verifier/step.h"

namespace skep::verifier {

namespace {

// Errors that end a speculative path silently: the real path was, or will be, judged without speculation.
bool is_speculation_fault(int error) { return error == EPERM || error == EACCES || error == EINVAL; }

Outcome execute(Env& env, const isa::Insn& insn) {
  switch (isa::insn_class(insn.code)) {
    case isa::BPF_ALU:
    case isa::BPF_ALU64: SKEP_TRY(step_alu(env, insn)); break;
    case isa::BPF_LDX: SKEP_TRY(step_ldx(env, insn)); break;
    case isa::BPF_STX: SKEP_TRY(step_stx(env, insn)); break;
    case isa::BPF_ST: SKEP_TRY(step_st(env, insn)); break;
    case isa::BPF_LD: return step_ld(env, insn);
    default: return step_jmp_class(env, insn);
  }
  env.insn_idx++;
  return kOk;
}

Outcome prune_check(Env& env) {
  Explored::Visit visit;
  SKEP_TRY(env.explored->is_state_visited(env, env.insn_idx, visit));
  if (visit == Explored::Visit::Continue) return kOk;
  if (env.log.prints_insns()) {
    if (env.from_line_due) {
      env.log.print("\nfrom {} to {}{}: safe\n", env.prev_insn_idx, env.insn_idx,
                    env.cur->speculative ? " (speculative execution)" : "");
    } else {
      env.log.print("{}: safe\n", env.insn_idx);
    }
  }
  return Outcome::path_end();
}

// Speculative execution: a fault ends the path and puts a barrier before the insn.
Outcome forgive_speculation(Env& env, Outcome outcome, int insn_idx) {
  if (!outcome.is_error() || !env.cur->speculative || !is_speculation_fault(outcome.error())) return outcome;
  env.aux[insn_idx].nospec = true;
  env.aux[insn_idx].alu_state = 0;
  return Outcome::path_end();
}

Outcome step(Env& env) {
  int insn_idx = env.insn_idx;
  env.cur_hist_ent = -1;
  env.hist_prev_idx = env.prev_insn_idx;
  if (insn_idx < 0 || insn_idx >= int(env.insns.size())) {
    env.log.print("invalid insn idx {} insn_cnt {}\n", insn_idx, env.insns.size());
    return Outcome::error(EFAULT);
  }
  const isa::Insn& insn = env.insns[insn_idx];
  if (++env.insns_processed > env.target.limits().max_insns)
    return env.reject(diag::ProgTooLarge{}, env.insns_processed);
  env.cur->last_insn_idx = env.prev_insn_idx;
  env.cur->insn_idx = insn_idx;
  InsnAux& aux = env.aux[insn_idx];
  if (aux.prune_point) SKEP_TRY(prune_check(env));
  if (aux.jmp_point) push_jmp_history(env, *env.cur, 0, 0);
  if (env.log.prints_insns()) print_insn_lines(env);
  env.prev_insn_idx = insn_idx;
  if (env.cur->speculative && aux.nospec) return Outcome::path_end();

  aux.seen = true;
  env.liveness->reset_write_marks(insn_idx);
  Outcome outcome = execute(env, insn);
  if (!outcome.is_error() || is_speculation_fault(outcome.error())) env.liveness->commit_write_marks();
  outcome = forgive_speculation(env, outcome, insn_idx);
  if (outcome.ok() && env.cur->speculative && aux.nospec_result) return Outcome::path_end();
  return outcome;
}

Outcome observed_step(Env& env) {
  Observer* observer = env.options.observer;
  if (!observer) [[likely]]
    return step(env);
  observer->before_step(env);
  return observer->after_step(env, step(env));
}

// The newest path not yet walked becomes the current one. False: none is left.
bool pop_path(Env& env) {
  if (env.pending.empty()) return false;
  PendingPath& next = env.pending.back();
  if (!env.log.level2()) env.log.reset(next.log_pos);
  env.insn_idx = next.insn_idx;
  env.prev_insn_idx = next.prev_insn_idx;
  env.cur = std::move(next.state);
  env.pending.pop_back();
  if (env.options.observer) env.options.observer->path_resumed(env);
  return true;
}

Outcome do_check(Env& env) {
  for (;;) {
    Outcome outcome = observed_step(env);
    if (outcome.ok()) continue;
    if (outcome.is_error()) return outcome;
    env.mark_all_changed();
    SKEP_TRY(env.explored->release_branches(env, env.cur.get()));
    env.liveness->update();
    if (!pop_path(env)) return kOk;
    env.from_line_due = true;
  }
}

// Registers of a global function's arguments at its entry.
void set_global_arg(Env& env, FuncState& frame, const FuncArg& arg, u32 regno) {
  RegState& reg = frame.regs[regno];
  switch (arg.kind) {
    case FuncArg::Kind::Ctx: reg.mark_known_zero(PTR_TO_CTX); break;
    case FuncArg::Kind::Anything:
    case FuncArg::Kind::Arena: mark_reg_unknown(env, frame.regs, regno); break;
    case FuncArg::Kind::Dynptr:
      reg.mark_known_zero(CONST_PTR_TO_DYNPTR);
      reg.id = env.new_id();
      reg.dynptr = {DynptrType::Local, true};
      break;
    case FuncArg::Kind::Mem:
      reg.mark_known_zero(PTR_TO_MEM | arg.flags);
      reg.mem.size = arg.mem_size;
      if (arg.flags & PTR_MAYBE_NULL) reg.id = env.new_id();
      break;
    case FuncArg::Kind::BtfId:
      reg.mark_known_zero(PTR_TO_BTF_ID | arg.flags);
      reg.btf.types = env.vmlinux();
      reg.btf.id = arg.btf_id;
      reg.id = env.new_id();
      break;
  }
}

void init_frame(FuncState& frame, u32 subprog) {
  for (RegState& reg : frame.regs) reg.mark_not_init();
  frame.regs[isa::kFramePtr].mark_known_zero(PTR_TO_STACK);
  frame.subprogno = subprog;
}

// Main gets a context pointer; its BTF is looked at for what it tells others (freplace), and what it prints stays in
// the log.
Outcome init_main(Env& env, FuncState& frame) {
  SubprogInfo& main = env.subprogs[0];
  if (!env.func_info.empty()) {
    Outcome parsed = btf_prepare_func_args(env, 0);
    main.unreliable = !parsed.ok() || main.arg_cnt != 1 || main.args[0].kind != FuncArg::Kind::Ctx;
    env.rejection.reset();
  }
  frame.regs[1].mark_known_zero(PTR_TO_CTX);
  return kOk;
}

Outcome init_global(Env& env, FuncState& frame, int subprog) {
  SubprogInfo& info = env.subprogs[subprog];
  env.log.print("Validating {}() func#{}...\n", info.name, subprog);
  SKEP_TRY(btf_prepare_func_args(env, subprog));
  if (info.is_exception_cb) {
    bool one_int = info.arg_cnt == 1 && info.args[0].kind == FuncArg::Kind::Anything;
    if (!one_int) return env.reject(diag::ExceptionCbArgs{});
    frame.in_exception_callback_fn = true;
  }
  for (u32 i = 0; i < info.arg_cnt; i++) set_global_arg(env, frame, info.args[i], i + 1);
  return kOk;
}

}  // namespace

Outcome explore_subprog(Env& env, int subprog) {
  env.explored->start_run();
  env.pending.clear();
  env.prev_linfo = nullptr;
  env.cur = std::make_unique<VerifierState>();
  env.cur->frame_pool = &env.frame_pool;
  env.cur->in_sleepable = env.kind.sleepable;
  FuncState& frame = env.cur->frame(0);
  init_frame(frame, u32(subprog));
  bool ext_main = subprog == 0 && env.program.prog_type == BPF_PROG_TYPE_EXT;
  SKEP_TRY(subprog || ext_main ? init_global(env, frame, subprog) : init_main(env, frame));
  // struct_ops arguments tagged __ref are references held from the start.
  for (Env::CtxArgInfo& arg : env.ctx_arg_info)
    if (arg.refcounted && subprog == 0) arg.ref_obj_id = acquire_reference(env, 0);
  env.insn_idx = int(env.subprogs[subprog].start);
  env.prev_insn_idx = -1;
  env.cur->first_insn_idx = env.insn_idx;
  env.from_line_due = false;
  env.mark_all_changed();
  if (env.options.observer) env.options.observer->started(env, subprog);
  SKEP_TRY(do_check(env));
  if (!env.log.level2()) env.log.reset(0);
  return kOk;
}

Outcome explore_global_functions(Env& env) {
  if (env.func_info.empty()) return kOk;
  if (env.exception_cb_subprog >= 0) env.subprogs[env.exception_cb_subprog].called = true;
  for (bool found = true; found;) {
    found = false;
    for (int s = 1; s < int(env.subprogs.size()); s++) {
      SubprogInfo& info = env.subprogs[s];
      if (!info.is_global || !info.called || info.verified) continue;
      SKEP_TRY(explore_subprog(env, s));
      if (env.log.prints_insns())
        env.log.print("Func#{} ('{}') is safe for any args that match its prototype\n", s, info.name);
      info.verified = found = true;
    }
  }
  return kOk;
}

}  // namespace skep::verifier
