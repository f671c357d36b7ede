// A kfunc call in the walk: may the program call it here, do the arguments fit, what does it do to the state, what does
// it return (check_kfunc_call). The steps are those of kfuncs.md 4.
#include "verifier/call/kfunc.h"
#include "verifier/print_state.h"
#include "verifier/summary.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

constexpr s32 kMaxErrno = 4095;

Outcome look_up(Env& env, const isa::Insn& insn, KfuncCall& call) {
  call.desc = env.find_kfunc(u32(insn.imm), insn.off);
  if (!call.desc) return env.verifier_bug("kfunc was not collected");
  call.row = kfunc_allowed_row(env, *call.desc);
  if (!call.row) return env.reject(diag::KfuncNotAllowed{}, call.name());
  call.flags = call.row->flags;
  if (!call.desc->offset) call.special = call.row->special;
  return kOk;
}

// The lock may fail (a deadlock, a timeout): a path on which nothing is held and R0 is an errno.
Outcome fork_failed_lock(Env& env, int insn_idx) {
  VerifierState* failed = push_stack(env, insn_idx + 1, insn_idx, false);
  if (!failed) return env.reject(diag::ResLockStateNotPushed{});
  RegState* regs = failed->regs();
  for (int r = 0; r <= 5; r++) regs[r].mark_not_init();
  mark_reg_unknown(env, regs, 0);
  domain::Scalar& r0 = regs[0].var;
  r0.smin = r0.s32_min = -kMaxErrno;
  r0.smax = r0.s32_max = -1;
  domain::sync(r0);
  return reg_bounds_sanity_check(env, regs[0], "s32_range");
}

Outcome check_callable(Env& env, const KfuncCall& call, int insn_idx) {
  if (call.is(SpecialKfunc::ResSpinLock) || call.is(SpecialKfunc::ResSpinLockIrqsave))
    SKEP_TRY(fork_failed_lock(env, insn_idx));
  if (call.is(SpecialKfunc::BpfTrap)) return env.reject(diag::BpfTrapReached{});
  if (call.has(target::KF_DESTRUCTIVE) && !env.options.caps.sys_boot) return env.reject(diag::DestructiveNeedsCap{});
  if (call.has(target::KF_SLEEPABLE) && !in_sleepable(env)) return env.reject(diag::KfuncNeedsSleepable{}, call.name());
  return kOk;
}

struct KfuncCallback {
  SetArgs set_args = nullptr;
  bool async = false;
};
KfuncCallback callback_of(SpecialKfunc special) {
  switch (special) {
    case SpecialKfunc::RbtreeAdd: return {set_rbtree_add_callback_state, false};
    case SpecialKfunc::WqSetCallback: return {set_timer_callback_state, true};
    case SpecialKfunc::TaskWorkSchedule: return {set_task_work_schedule_callback_state, true};
    default: return {};
  }
}

// Work queues and task works run their callbacks in a context that may sleep.
Outcome queue_callback(Env& env, const isa::Insn& insn, const KfuncCall& call, int insn_idx) {
  KfuncCallback callback = callback_of(call.special);
  if (!callback.set_args) return kOk;
  Outcome pushed =
      push_callback_call(env, insn, insn_idx, int(call.subprog), callback.set_args, callback.async, callback.async);
  if (!pushed.is_error()) return pushed;
  return reject_as_summary(env, pushed.error(), diag::KfuncCallbackFailed{}, call.name(), call.desc->func_id);
}

// References that the call takes away.
Outcome release_arguments(Env& env, const KfuncCall& call) {
  if (call.release_regno) {
    const RegState& reg = env.cregs()[call.release_regno];
    bool released =
        call.dynptr_ref_obj_id ? unmark_stack_slots_dynptr(env, reg).ok() : release_reference(env, reg.ref_obj_id);
    if (!released) return env.reject(diag::KfuncReferenceNotAcquired{}, call.name(), call.desc->func_id);
  }
  bool gives_to_graph =
      call.is(SpecialKfunc::ListPushFront) || call.is(SpecialKfunc::ListPushBack) || call.is(SpecialKfunc::RbtreeAdd);
  return gives_to_graph ? give_to_graph(env, call) : kOk;
}

// Without an exception callback of the program's own the cookie is the program's return value.
Outcome check_throw(Env& env) {
  env.seen_exception = true;
  return env.exception_cb_subprog >= 0 ? kOk : check_return_code(env, 1, "R1");
}

Outcome apply_effects(Env& env, const isa::Insn& insn, KfuncCall& call, int insn_idx) {
  SKEP_TRY(queue_callback(env, insn, call, insn_idx));
  if (call.is(SpecialKfunc::SessionCookie)) {
    call.ret_size = sizeof(u64);
    call.ret_rdonly = false;
  }
  SKEP_TRY(process_sections(env, call));
  SKEP_TRY(release_arguments(env, call));
  if (call.is(SpecialKfunc::Throw)) SKEP_TRY(check_throw(env));
  return kOk;
}

void clobber_caller_saved(Env& env) {
  RegState* regs = env.regs();
  for (u32 r = 0; r <= 5; r++) {
    regs[r].mark_not_init();
    env.mark_reg_changed(r);
  }
}

// For those who run the program.
void note_object(Env& env, const KfuncCall& call, int insn_idx) {
  const bool makes = call.is(SpecialKfunc::ObjNew) || call.is(SpecialKfunc::PercpuObjNew);
  if (!makes && !call.arg_types && !call.root) return;
  InsnExtra& extra = env.make_extra(size_t(insn_idx));
  extra.object_types = makes ? env.prog_btf() : call.root ? call.root_types : call.arg_types;
  extra.object_type_id = makes ? u32(call.const_value) : call.root ? call.root->value_btf_id : call.arg_btf_id;
  extra.node_offset = call.root ? call.root->node_offset : 0;
}

}  // namespace

Outcome check_kfunc_call(Env& env, const isa::Insn& insn, int& insn_idx) {
  if (!insn.imm) return kOk;  // poisoned; judged after the walk
  KfuncCall call;
  SKEP_TRY(look_up(env, insn, call));
  SKEP_TRY(check_callable(env, call, insn_idx));
  SKEP_TRY(check_kfunc_args(env, call, insn_idx));
  note_object(env, call, insn_idx);
  SKEP_TRY(apply_effects(env, insn, call, insn_idx));
  clobber_caller_saved(env);
  SKEP_TRY(set_kfunc_result(env, call, insn_idx));
  if (call.is(SpecialKfunc::XdpPullData)) clear_all_pkt_pointers(env);
  if (call.has(target::KF_ITER_NEXT)) return process_iter_next_call(env, call, insn_idx);
  if (!call.is(SpecialKfunc::Throw)) return kOk;
  SKEP_TRY(check_resource_leak(env, true, true, Leaving::Throw));
  return Outcome::path_end();
}

}  // namespace skep::verifier
