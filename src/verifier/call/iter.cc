// Open-coded iterators: an object on the stack that new makes, next moves and destroy ends. Spec: protocols.md 8.
//
//              new                        next (fork)
//   free ---------> ACTIVE, depth d --------------------> ACTIVE, depth d+1   (path walked later, R0 not null)
//    ^                |   \-----------------------------> DRAINED, depth d    (this path, R0 = 0)
//    |  destroy       |                                      | next: stays DRAINED, R0 = 0
//    +----------------+--------------------------------------+
//
// The slot at the lowest address carries the reference and the state that moves. Slots of an iterator that needs an RCU
// section are MEM_RCU inside it and PTR_UNTRUSTED outside.
#include <algorithm>

#include "verifier/call/kfunc.h"
#include "verifier/call/stack_slot_obj.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"
#include "verifier/summary.h"

namespace skep::verifier {

namespace {

// Type and size of the iterator that a parameter wants.
struct IterType {
  const btf::Btf* types = nullptr;
  u32 id = 0;
  int nr_slots = 0;
};

// False: the parameter is no pointer to a struct bpf_iter_* of whole slots.
bool iter_type_of_param(const KfuncCall& call, u32 arg, IterType& iter) {
  const KfuncParam& param = call.desc->info->params[arg];
  if (!param.is_ptr || !param.pointee || param.pointee->kind() != btf::Kind::Struct) return false;
  if (!param.pointee_name.starts_with("bpf_iter_")) return false;
  u32 size = param.pointee->size();
  if (!size || size % kSlotBytes || size > kMaxStack) return false;
  iter = {&call.types(), param.pointee_id, int(size) / kSlotBytes};
  return true;
}

Outcome iter_get_spi(Env& env, const RegState& reg, int nr_slots, int& spi) {
  return stack_slot_obj_get_spi(env, reg, "iter", nr_slots, spi);
}

bool is_iter_uninit(Env& env, const RegState& reg, int nr_slots) {
  int spi = 0;
  Outcome address = iter_get_spi(env, reg, nr_slots, spi);
  if (!address.ok()) return address.error() == kOffStack;
  const Stack& stack = env.cur->cframe(reg.frameno).stack;
  for (int i = 0; i < nr_slots; i++)
    for (u8 byte : stack[spi - i].slot_type)
      if (byte == STACK_ITER) return false;
  return true;
}

enum class IterCheck { Ok, NotInit, NeedsRcu };
IterCheck check_iter_slots(const FuncState& frame, const IterType& iter, int spi) {
  for (int i = 0; i < iter.nr_slots; i++) {
    const StackSlot& slot = frame.stack[spi - i];
    const RegState& reg = slot.spilled();
    if (reg.type & PTR_UNTRUSTED) return IterCheck::NeedsRcu;
    bool has_ref = reg.ref_obj_id != 0;
    if (has_ref != (i == 0) || !all_bytes(slot, STACK_ITER)) return IterCheck::NotInit;
    if (reg.iter.types != iter.types || reg.iter.id != iter.id) return IterCheck::NotInit;
  }
  return IterCheck::Ok;
}

// RCU-protected iterators are good in the section they were made in.
RegType iter_slot_type(const Env& env, const KfuncCall& call) {
  if (!call.has(target::KF_RCU_PROTECTED)) return PTR_TO_STACK;
  return PTR_TO_STACK | (in_rcu_cs(env) ? u32(MEM_RCU) : u32(PTR_UNTRUSTED));
}

Outcome new_iter(Env& env, u32 regno, const KfuncCall& call, const IterType& iter, int insn_idx) {
  std::string_view name = iter_type_str(iter.types, iter.id);
  if (!is_iter_uninit(env, env.cregs()[regno], iter.nr_slots))
    return reject_as_summary(env, EINVAL, diag::IterNotUninit{}, name, regno - 1);
  SKEP_TRY(check_obj_writable(env, regno, insn_idx, iter.nr_slots));
  RegState arg = env.cregs()[regno];
  int spi = 0;
  SKEP_TRY(iter_get_spi(env, arg, iter.nr_slots, spi));
  u32 ref_obj_id = acquire_reference(env, insn_idx);
  FuncState& frame = env.cur->frame(arg.frameno);
  for (int i = 0; i < iter.nr_slots; i++) {
    StackSlot& slot = frame.stack[spi - i];
    set_slot_type(slot, STACK_ITER);
    RegState& reg = slot.reg.mut();
    reg.mark_known_zero(iter_slot_type(env, call));
    reg.ref_obj_id = i == 0 ? ref_obj_id : 0;
    reg.iter.types = iter.types;
    reg.iter.id = iter.id;
    reg.iter.state = IterState::Active;
    reg.iter.depth = 0;
  }
  mark_obj_written(env, arg.frameno, spi, iter.nr_slots);
  return kOk;
}

Outcome destroy_iter(Env& env, u32 frameno, int spi, int nr_slots) {
  FuncState& frame = env.cur->frame(frameno);
  if (!release_reference(env, frame.stack[spi].spilled().ref_obj_id))
    return env.verifier_bug("iterator without reference");
  for (int i = 0; i < nr_slots; i++) clear_slot(frame.stack[spi - i]);
  mark_obj_written(env, frameno, spi, nr_slots);
  return kOk;
}

Outcome use_iter(Env& env, u32 regno, KfuncCall& call, const IterType& iter) {
  const RegState arg = env.cregs()[regno];
  int spi = 0;
  Outcome address = iter_get_spi(env, arg, iter.nr_slots, spi);
  IterCheck check = address.ok() ? check_iter_slots(env.cur->cframe(arg.frameno), iter, spi) : IterCheck::NotInit;
  switch (check) {
    case IterCheck::NotInit:
      return reject_as_summary(env, EINVAL, diag::IterNotInit{}, iter_type_str(iter.types, iter.id), regno - 1);
    case IterCheck::NeedsRcu: return env.reject(diag::IterNeedsRcu{}, call.name());
    case IterCheck::Ok: break;
  }
  mark_obj_read(env, arg.frameno, spi, iter.nr_slots);
  call.iter_spi = spi;
  call.iter_frameno = arg.frameno;
  call.ref_obj_id = env.cur->cframe(arg.frameno).stack[spi].spilled().ref_obj_id;
  return call.has(target::KF_ITER_DESTROY) ? destroy_iter(env, arg.frameno, spi, iter.nr_slots) : kOk;
}

}  // namespace

Outcome process_iter_arg(Env& env, u32 regno, KfuncCall& call, int insn_idx) {
  if (env.cregs()[regno].type != PTR_TO_STACK) return env.reject(diag::ArgNotIterOnStack{}, regno - 1);
  IterType iter;
  if (!iter_type_of_param(call, regno - 1, iter)) return env.reject(diag::ArgNotIterPointer{}, regno - 1);
  if (call.has(target::KF_ITER_NEW)) return new_iter(env, regno, call, iter, insn_idx);
  return use_iter(env, regno, call, iter);
}

bool is_iter_next_insn(const Env& env, int insn_idx) { return env.aux[insn_idx].is_iter_next; }

RegState* get_iter_from_state(VerifierState& state, int spi, u32 frameno) {
  return &state.frame(frameno).stack[spi].reg.mut();
}

// One more element: walked later, from the next insn, with scalars that still change from round to round unknown.
static Outcome push_active_path(Env& env, const KfuncCall& call, int insn_idx) {
  VerifierState* queued = push_stack(env, insn_idx + 1, insn_idx, false);
  if (!queued) return Outcome::error(ENOMEM);
  RegState* iter = get_iter_from_state(*queued, call.iter_spi, call.iter_frameno);
  iter->iter.state = IterState::Active;
  iter->iter.depth = iter->iter.depth + 1;
  if (VerifierState* parent = env.cur->parent)
    if (const VerifierState* prev = find_prev_entry(env, *parent, insn_idx))
      widen_imprecise_scalars(env, *prev, *queued);
  queued->regs()[0].type &= ~PTR_MAYBE_NULL;
  return kOk;
}

Outcome process_iter_next_call(Env& env, const KfuncCall& call, int insn_idx) {
  const StackSlot& slot = env.cur->cframe(call.iter_frameno).stack[call.iter_spi];
  if (slot.spilled().iter.state == IterState::Active) SKEP_TRY(push_active_path(env, call, insn_idx));
  get_iter_from_state(*env.cur, call.iter_spi, call.iter_frameno)->iter.state = IterState::Drained;
  mark_reg_known_zero(env, env.regs(), 0);
  return kOk;
}

}  // namespace skep::verifier
