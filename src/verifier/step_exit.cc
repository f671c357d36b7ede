// Leaving: exit of a function or of the program, what must not be held then, and what may be returned (spec:
// instructions.md 11 and 14, protocols.md 2).
#include "verifier/mem/mem.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"
#include "verifier/stack_liveness.h"
#include "verifier/step.h"

namespace skep::verifier {

namespace {

// A struct_ops program may hand a reference back in R0.
bool is_returned_reference(const Env& env, const Reference& ref) {
  return env.prog_type() == BPF_PROG_TYPE_STRUCT_OPS && env.cregs()[0].ref_obj_id == ref.id;
}

// Lists the references that are held where the program ends, or a callback that answers for its own; false: none.
bool note_unreleased(Env& env, bool exception_exit) {
  const bool answers = env.cur->ccur().in_callback_fn && !env.target.features().callbacks_may_keep_references;
  const u32 callback = answers && !exception_exit ? env.cur->curframe : 0;
  if (!exception_exit && env.cur->curframe && !callback) return false;
  bool leak = false;
  for (const Reference& ref : env.cur->refs) {
    if (callback && ref.callback_frame != callback) continue;
    if (ref.kind != RefKind::Ptr || (!exception_exit && is_returned_reference(env, ref))) continue;
    env.note(diag::UnreleasedReference{}, ref.id, ref.insn_idx);
    leak = true;
  }
  return leak;
}

Outcome check_reference_leak(Env& env, bool exception_exit, const char* prefix) {
  return note_unreleased(env, exception_exit) ? env.reject(diag::ReferenceLeak{}, prefix) : kOk;
}

const char* leaving_text(Leaving how) {
  switch (how) {
    case Leaving::Exit: return "BPF_EXIT instruction in main prog";
    case Leaving::TailCall: return "tail_call";
    case Leaving::LdAbs: return "BPF_LD_[ABS|IND]";
    case Leaving::Throw: return "bpf_throw";
  }
  return "";
}

bool range_contains(target::ReturnRange range, const RegState& reg, bool is32) {
  if (is32) return range.min <= reg.var.s32_min && reg.var.s32_max <= range.max;
  return range.min <= reg.var.smin && reg.var.smax <= range.max;
}

std::string value_text(const RegState& reg) {
  std::string text;
  if (reg.var.smin > INT64_MIN) text += fmt::format(" smin={}", reg.var.smin);
  if (reg.var.smax < INT64_MAX) text += fmt::format(" smax={}", reg.var.smax);
  return text.empty() ? " unknown scalar value" : text;
}

bool is_lsm(const Env& env) { return env.prog_type() == BPF_PROG_TYPE_LSM; }

bool returns_void(const Env& env) { return env.attach_func_proto && env.attach_func_proto->type() == 0; }

// Void LSM hooks and struct_ops members have nothing to return; a struct_ops member that returns a pointer may return
// its reference.
enum class ReturnKind { Checked, Free, Reference };
ReturnKind return_kind(const Env& env) {
  if (is_lsm(env) && env.kind.attach_type != BPF_LSM_CGROUP && returns_void(env)) return ReturnKind::Free;
  if (env.prog_type() != BPF_PROG_TYPE_STRUCT_OPS || !env.attach_func_proto) return ReturnKind::Checked;
  if (returns_void(env)) return ReturnKind::Free;
  const RegState& r0 = env.cregs()[0];
  u32 id = 0;
  const btf::Type* pointee = env.attach_types->resolve_ptr(env.attach_func_proto->type(), &id);
  if (pointee && r0.base() == PTR_TO_BTF_ID && r0.ref_obj_id && r0.btf.types == env.attach_types && r0.btf.id == id)
    return ReturnKind::Reference;
  return ReturnKind::Checked;
}

target::ReturnRange program_range(const Env& env) {
  if (env.prog_type() == BPF_PROG_TYPE_STRUCT_OPS && env.attach_func_proto) {
    const btf::Type* ret = env.attach_types->skip_modifiers(env.attach_func_proto->type());
    return {ret && btf::is_ptr(ret), 0, 0};
  }
  return env.target.return_range(env.kind);
}

Outcome enforce_range(Env& env, u32 regno, const char* reg_name, target::ReturnRange range, const char* context,
                      bool is32) {
  if (env.cregs()[regno].type != SCALAR_VALUE)
    return env.reject(diag::ReturnNotKnown{}, context, regno, reg_type_str(env.cregs()[regno].type));
  SKEP_TRY(mark_chain_precision(env, int(regno)));
  const RegState& reg = env.cregs()[regno];
  if (range_contains(range, reg, is32)) return kOk;
  Outcome outcome = env.reject(diag::ReturnOutOfRange{}, context, reg_name, value_text(reg), range.min, range.max);
  if (is_lsm(env) && env.kind.attach_type == BPF_LSM_CGROUP && returns_void(env) && !env.cur->ccur().subprogno)
    env.log.write(text_of(diag::LsmCgroupVoidNote{}));
  return outcome;
}

}  // namespace

namespace {

// Each way out has its own words (features().one_resource_rule is off). Tail calls differ in nothing.
Outcome check_reference_leak_at_ld_abs(Env& env) {
  return note_unreleased(env, false) ? env.reject(diag::LdAbsWithReference{}) : kOk;
}

// At exits: preemption, locks, RCU, references last, of which the last one listed is the verdict.
Outcome check_exit_resources(Env& env, bool exception_exit) {
  constexpr const char* kThrow = "bpf_throw";
  const VerifierState& state = *env.cur;
  const u32 depth = state.active_preempt_locks;
  if (depth && exception_exit) return env.reject(diag::InsidePreemptDisable{}, kThrow);
  if (depth) return env.reject(diag::PreemptEnableMissing{}, depth, depth == 1 ? " is" : "(s) are");
  if (state.active_locks)
    return exception_exit ? env.reject(diag::InsideSpinLock{}, kThrow) : env.reject(diag::SpinUnlockMissing{});
  if (state.active_rcu_lock)
    return exception_exit ? env.reject(diag::InsideRcuReadLock{}, kThrow) : env.reject(diag::RcuUnlockMissing{});
  return kOk;
}

Outcome check_older_exit(Env& env, bool exception_exit, bool check_lock) {
  if (check_lock) SKEP_TRY(check_exit_resources(env, exception_exit));
  const bool leak = note_unreleased(env, exception_exit);
  return leak ? Outcome::error(EINVAL) : kOk;
}

}  // namespace

Outcome check_resource_leak(Env& env, bool exception_exit, bool check_lock, Leaving how) {
  const VerifierState& state = *env.cur;
  const char* prefix = leaving_text(how);
  if (!env.target.features().one_resource_rule) {
    if (how == Leaving::Exit || how == Leaving::Throw) return check_older_exit(env, exception_exit, check_lock);
    if (how == Leaving::LdAbs) SKEP_TRY(check_reference_leak_at_ld_abs(env));
  }
  if (check_lock && state.active_locks) return env.reject(diag::InsideSpinLock{}, prefix);
  SKEP_TRY(check_reference_leak(env, exception_exit, prefix));
  if (!check_lock) return kOk;
  if (state.active_irq_id) return env.reject(diag::InsideIrqSave{}, prefix);
  if (state.active_rcu_lock) return env.reject(diag::InsideRcuReadLock{}, prefix);
  if (state.active_preempt_locks) return env.reject(diag::InsidePreemptDisable{}, prefix);
  return kOk;
}

Outcome check_return_code(Env& env, u32 regno, const char* reg_name) {
  // Of the outermost function: what a static one throws (R1) is what the program returns.
  const FuncState& frame = env.cur->cframe(0);
  bool in_subprog = frame.subprogno != 0, exception_cb = frame.in_exception_callback_fn;
  if (!in_subprog || exception_cb) {
    ReturnKind what = return_kind(env);
    if (what == ReturnKind::Free) return kOk;
    if (what == ReturnKind::Reference) return check_ptr_off_reg(env, env.cregs()[regno], regno, false);
  }
  SKEP_TRY(check_reg_arg(env, regno, RegUse::SrcOp));
  if (is_pointer_value(env, regno)) return env.reject(diag::LeaksAddrAsReturn{}, regno);
  if (frame.in_async_callback_fn) {
    target::ReturnRange range = frame.callback_ret_range;
    return enforce_range(env, regno, reg_name, range, "At async callback return", false);
  }
  if (in_subprog && !exception_cb) {
    if (env.cregs()[regno].type == SCALAR_VALUE) return kOk;
    return env.reject(diag::SubprogReturnNotScalar{}, regno, reg_type_str(env.cregs()[regno].type));
  }
  target::ReturnRange range = program_range(env);
  if (!range.enforced) return kOk;
  bool is32 = is_lsm(env) && env.kind.attach_type != BPF_LSM_CGROUP;
  return enforce_range(env, regno, reg_name, range, "At program exit", is32);
}

void print_invalid_scalar(Env& env, const RegState& reg, target::ReturnRange range, const char* context,
                          const char* reg_name) {
  env.note(diag::ReturnOutOfRange{}, context, reg_name, value_text(reg), range.min, range.max);
}

namespace {

Outcome check_callback_return(Env& env) {
  if (env.cregs()[0].type != SCALAR_VALUE) return env.reject(diag::R0NotScalar{});
  SKEP_TRY(mark_chain_precision(env, 0));
  target::ReturnRange range = env.cur->ccur().callback_ret_range;
  if (range_contains(range, env.cregs()[0], false)) return kOk;
  print_invalid_scalar(env, env.cregs()[0], range, "At callback return", "R0");
  return Outcome::error(EINVAL);
}

}  // namespace

Outcome prepare_func_exit(Env& env) {
  env.liveness->update();
  VerifierState& state = *env.cur;
  if (env.cregs()[0].type == PTR_TO_STACK) return env.reject(diag::ReturnsStackPointer{});
  bool is_callback = state.ccur().in_callback_fn;
  if (is_callback)
    SKEP_TRY(check_callback_return(env));
  else
    state.frame(state.curframe - 1).regs[0] = state.cregs()[0];
  int callsite = state.ccur().callsite;
  env.insn_idx = is_callback ? callsite : callsite + 1;
  if (env.log.prints_insns()) {
    env.log.print("returning from callee:\n");
    print_verifier_state(env, state, state.curframe, true);
    env.log.print("to caller at {}:\n", env.insn_idx);
    print_verifier_state(env, state, state.curframe - 1, true);
  }
  state.frames[state.curframe--].reset();
  if (!is_callback) return kOk;
  if (VerifierState* prev = find_prev_entry(env, state, env.insn_idx)) widen_imprecise_scalars(env, *prev, state);
  return kOk;
}

Outcome fork_return_to_caller(Env& env, EarlyReturn how) {
  env.mark_reg_changed(0);
  if (!push_stack(env, env.insn_idx + 1, env.insn_idx, false)) return Outcome::error(EFAULT);
  if (how == EarlyReturn::TailCall) {
    clear_all_pkt_pointers(env);
    mark_reg_unknown(env, env.regs(), 0);
  } else {
    mark_reg_known_zero(env, env.regs(), 0);
  }
  return prepare_func_exit(env);
}

Outcome step_exit(Env& env, const isa::Insn& insn) {
  if (isa::insn_is_x(insn.code) || insn.imm || insn.src || insn.dst || isa::insn_class(insn.code) == isa::BPF_JMP32)
    return env.reject(diag::ExitReservedFields{});
  SKEP_TRY(check_resource_leak(env, false, !env.cur->curframe, Leaving::Exit));
  if (env.cur->curframe) {
    SKEP_TRY(prepare_func_exit(env));
    env.from_line_due = true;
    return kOk;
  }
  SKEP_TRY(check_return_code(env, 0, "R0"));
  return Outcome::path_end();
}

}  // namespace skep::verifier
