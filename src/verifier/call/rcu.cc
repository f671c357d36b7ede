// Sections that kfuncs open and close, and what may not be called inside them. Spec: kfuncs.md 4 (steps 9 to 12),
// protocols.md 6.
//
//   RCU:     outside --bpf_rcu_read_lock--> inside --bpf_rcu_read_unlock--> outside   (no nesting; rcu pointers become
//            untrusted)
//   preempt: a counter of bpf_preempt_disable
//   IRQ:     irq.cc
#include "verifier/call/kfunc.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

void untrust(RegState& reg) { reg.type = (reg.type & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED; }

// Rcu pointers in registers, spilled registers and iterators outlive the section only as untrusted ones.
void end_rcu_section(Env& env) {
  VerifierState& state = *env.cur;
  state.active_rcu_lock = false;
  auto is_rcu = [](const RegState& r) { return (r.type & MEM_RCU) != 0; };
  for_each_reg(state, is_rcu, untrust);
  for (u32 f = 0; f <= state.curframe; f++) {
    for (size_t s = 0; s < state.cframe(f).stack.size(); s++) {
      const StackSlot& slot = state.cframe(f).stack[s];
      if (slot.is_iter() && is_rcu(slot.spilled())) untrust(state.frame(f).stack[s].reg.mut());
    }
  }
}

Outcome process_rcu(Env& env, const KfuncCall& call) {
  bool lock = call.is(SpecialKfunc::RcuReadLock), unlock = call.is(SpecialKfunc::RcuReadUnlock);
  if (!env.cur->active_rcu_lock) {
    if (unlock) return env.reject(diag::UnmatchedRcuUnlock{}, call.name());
    env.cur->active_rcu_lock = lock;
    return kOk;
  }
  if ((lock || unlock) && in_rbtree_lock_required_cb(env)) return env.reject(diag::RcuInRbtreeCb{});
  if (lock) return env.reject(diag::NestedRcuReadLock{}, call.name());
  if (unlock) {
    end_rcu_section(env);
  } else if (call.has(target::KF_SLEEPABLE)) {
    return env.reject(diag::SleepableKfuncInRcu{}, call.name());
  }
  return kOk;
}

Outcome process_preempt(Env& env, const KfuncCall& call) {
  u32& count = env.cur->active_preempt_locks;
  if (call.is(SpecialKfunc::PreemptDisable)) {
    count++;
  } else if (call.is(SpecialKfunc::PreemptEnable)) {
    if (!count) return env.reject(diag::UnmatchedPreemptEnable{}, call.name());
    count--;
  } else if (count && call.has(target::KF_SLEEPABLE)) {
    return env.reject(diag::SleepableKfuncNonPreemptible{}, call.name());
  }
  return kOk;
}

}  // namespace

Outcome process_sections(Env& env, const KfuncCall& call) {
  SKEP_TRY(process_rcu(env, call));
  SKEP_TRY(process_preempt(env, call));
  if (env.cur->active_irq_id && call.has(target::KF_SLEEPABLE))
    return env.reject(diag::SleepableKfuncIrqDisabled{}, call.name());
  if (call.has(target::KF_RCU_PROTECTED) && !in_rcu_cs(env)) return env.reject(diag::KfuncNeedsRcu{}, call.name());
  return kOk;
}

}  // namespace skep::verifier
