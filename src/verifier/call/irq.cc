// bpf_local_irq_save/restore and the irq half of bpf_res_spin_lock_irqsave: a stack of sections, each with its flag in
// a stack slot. Spec: protocols.md 6.
//
//   slot free --save--> IRQ_FLAG(class, ref id) = innermost section --restore of the innermost--> slot free
//
// Native flags (local_irq) and lock flags (res_spin_lock) are restored by their own kind only.
#include "verifier/call/kfunc.h"
#include "verifier/call/stack_slot_obj.h"
#include "verifier/summary.h"

namespace skep::verifier {

namespace {

using target::SpecialKfunc;

const char* class_name(IrqClass c) { return c == IrqClass::Native ? "native" : "lock"; }

Outcome irq_get_spi(Env& env, const RegState& reg, int& spi) {
  return stack_slot_obj_get_spi(env, reg, "irq_flag", 1, spi);
}

bool is_irq_flag_uninit(Env& env, const RegState& reg) {
  int spi = 0;
  Outcome address = irq_get_spi(env, reg, spi);
  if (!address.ok()) return address.error() == kOffStack;
  for (u8 byte : env.cur->cframe(reg.frameno).stack[spi].slot_type)
    if (byte == STACK_IRQ_FLAG) return false;
  return true;
}

u32 acquire_irq(Env& env, int insn_idx) {
  u32 id = env.new_id();
  env.cur->push_ref({RefKind::Irq, id, insn_idx, nullptr});
  env.cur->active_irq_id = id;
  return id;
}

Outcome save_irq(Env& env, u32 regno, IrqClass irq_class, int insn_idx) {
  if (!is_irq_flag_uninit(env, env.cregs()[regno]))
    return reject_as_summary(env, EINVAL, diag::IrqFlagNotUninit{}, regno - 1);
  SKEP_TRY(check_obj_writable(env, regno, insn_idx, 1));
  RegState arg = env.cregs()[regno];
  int spi = 0;
  SKEP_TRY(irq_get_spi(env, arg, spi));
  StackSlot& slot = env.cur->frame(arg.frameno).stack[spi];
  set_slot_type(slot, STACK_IRQ_FLAG);
  RegState& flag = slot.reg.mut();
  flag.mark_known_zero(PTR_TO_STACK);  // no register type of its own
  flag.ref_obj_id = acquire_irq(env, insn_idx);
  flag.irq.kfunc_class = irq_class;
  mark_obj_written(env, arg.frameno, spi, 1);
  return kOk;
}

// The innermost section is left; the one around it is innermost again.
Outcome release_irq(Env& env, u32 id) {
  VerifierState& state = *env.cur;
  u32 outer_id = 0;
  for (size_t i = 0; i < state.refs.size(); i++) {
    const Reference& ref = state.refs[i];
    if (ref.kind != RefKind::Irq) continue;
    bool innermost = ref.id == state.active_irq_id;
    if (innermost && ref.id != id) return env.reject(diag::IrqRestoreOutOfOrder{}, ref.id, ref.insn_idx);
    if (innermost) {
      state.refs.erase(state.refs.begin() + s64(i));
      state.active_irq_id = outer_id;
      return kOk;
    }
    outer_id = ref.id;
  }
  return env.verifier_bug("irq flag without section");
}

Outcome restore_irq(Env& env, u32 regno, IrqClass irq_class) {
  const RegState arg = env.cregs()[regno];
  int spi = 0;
  Outcome address = irq_get_spi(env, arg, spi);
  const StackSlot* slot = address.ok() ? &env.cur->cframe(arg.frameno).stack[spi] : nullptr;
  bool valid = slot && slot->reg && slot->spilled().ref_obj_id && all_bytes(*slot, STACK_IRQ_FLAG);
  if (!valid) return reject_as_summary(env, EINVAL, diag::IrqFlagNotInit{}, regno - 1);
  mark_obj_read(env, arg.frameno, spi, 1);
  const RegState& flag = slot->spilled();
  if (flag.irq.kfunc_class != irq_class)
    return env.reject(diag::IrqFlagClassMismatch{}, class_name(flag.irq.kfunc_class), class_name(irq_class));
  SKEP_TRY(release_irq(env, flag.ref_obj_id));
  clear_slot(env.cur->frame(arg.frameno).stack[spi]);
  mark_obj_written(env, arg.frameno, spi, 1);
  return kOk;
}

}  // namespace

Outcome process_irq_flag(Env& env, u32 regno, const KfuncCall& call, int insn_idx) {
  switch (call.special) {
    case SpecialKfunc::LocalIrqSave: return save_irq(env, regno, IrqClass::Native, insn_idx);
    case SpecialKfunc::ResSpinLockIrqsave: return save_irq(env, regno, IrqClass::Lock, insn_idx);
    case SpecialKfunc::LocalIrqRestore: return restore_irq(env, regno, IrqClass::Native);
    case SpecialKfunc::ResSpinUnlockIrqrestore: return restore_irq(env, regno, IrqClass::Lock);
    default: return env.verifier_bug("unknown irq flags kfunc");
  }
}

}  // namespace skep::verifier
