// Dynptrs: pointers with a runtime length that live in two stack slots, or in a register of their own (const, given to
// callbacks and global functions). Spec: protocols.md 7.
//
//   slots free --construct--> DYNPTR(kind, id[, ref id]) --read, write, slice, clone--> same
//       ^                          |        |
//       |   write over it (not if refcounted), release (ringbuf submit and discard: all clones too)
//       +---------------------------+        +--> slices: PTR_TO_MEM with its id, invalid when it is gone
//
// The slot at the lower address is the first one; both carry the id.
#include <algorithm>

#include "verifier/call/stack_slot_obj.h"
#include "verifier/print_state.h"
#include "verifier/summary.h"

namespace skep::verifier {

namespace {

constexpr int kDynptrSlots = 2;
constexpr u32 kDynptrKinds = target::kArgDynLocal | target::kArgDynRingbuf | target::kArgDynSkb | target::kArgDynXdp;

// The kind that an argument's flags ask for; Invalid: any.
DynptrType type_of_arg_flags(u32 arg_flags) {
  if (arg_flags & target::kArgDynLocal) return DynptrType::Local;
  if (arg_flags & target::kArgDynRingbuf) return DynptrType::Ringbuf;
  if (arg_flags & target::kArgDynSkb) return DynptrType::Skb;
  if (arg_flags & target::kArgDynXdp) return DynptrType::Xdp;
  return DynptrType::Invalid;
}

Outcome dynptr_get_spi(Env& env, const RegState& reg, int& spi) {
  return stack_slot_obj_get_spi(env, reg, "dynptr", kDynptrSlots, spi);
}

// The register that describes the dynptr `reg` is or points to; nullptr if its address is bad (a message is printed).
const RegState* dynptr_state(Env& env, const RegState& reg) {
  if (reg.type == CONST_PTR_TO_DYNPTR) return &reg;
  int spi = 0;
  if (!dynptr_get_spi(env, reg, spi).ok()) return nullptr;
  return &env.cur->cframe(reg.frameno).stack[spi].spilled();
}

void invalidate_slices(Env& env, u32 dynptr_id) {
  auto is_slice = [&](const RegState& r) {
    return (r.type == PTR_TO_MEM || r.type == (PTR_TO_MEM | PTR_MAYBE_NULL)) && r.mem.dynptr_id == dynptr_id;
  };
  for_each_reg(*env.cur, is_slice, [&](RegState& reg) { mark_reg_invalid(env, reg); });
}

// Both slots of the dynptr whose first is `spi`.
void clear_dynptr(Env& env, FuncState& frame, int spi) {
  clear_slot(frame.stack[spi]);
  clear_slot(frame.stack[spi - 1]);
  mark_obj_written(env, frame.frameno, spi, kDynptrSlots);
}

// May a dynptr be made where `reg` points (is_dynptr_reg_valid_uninit)?
bool is_constructible(Env& env, const RegState& reg) {
  if (reg.type == CONST_PTR_TO_DYNPTR) return false;
  int spi = 0;
  Outcome address = dynptr_get_spi(env, reg, spi);
  return address.ok() || address.error() == kOffStack;
}

void set_dynptr_slot(StackSlot& slot, DynptrType type, bool first_slot, u32 id, u32 ref_obj_id) {
  set_slot_type(slot, STACK_DYNPTR);
  RegState& reg = slot.reg.mut();
  reg.mark_known_zero(CONST_PTR_TO_DYNPTR);
  reg.dynptr = {type, first_slot};
  reg.id = id;
  reg.ref_obj_id = ref_obj_id;
}

Outcome mark_stack_slots_dynptr(Env& env, const RegState& reg, DynptrType type, int insn_idx, u32 clone_ref_obj_id) {
  int spi = 0;
  SKEP_TRY(dynptr_get_spi(env, reg, spi));
  FuncState& frame = env.cur->frame(reg.frameno);
  SKEP_TRY(destroy_if_dynptr_stack_slot(env, frame, spi));
  SKEP_TRY(destroy_if_dynptr_stack_slot(env, frame, spi - 1));
  u32 id = env.new_id();
  u32 ref_obj_id = 0;
  if (dynptr_type_refcounted(type)) ref_obj_id = clone_ref_obj_id ? clone_ref_obj_id : acquire_reference(env, insn_idx);
  set_dynptr_slot(frame.stack[spi], type, true, id, ref_obj_id);
  set_dynptr_slot(frame.stack[spi - 1], type, false, id, ref_obj_id);
  mark_obj_written(env, frame.frameno, spi, kDynptrSlots);
  return kOk;
}

Outcome construct_dynptr(Env& env, u32 regno, int insn_idx, DynptrType type, u32 clone_ref_obj_id) {
  if (!is_constructible(env, env.cregs()[regno])) return reject_as_summary(env, EINVAL, diag::DynptrNotUninit{});
  SKEP_TRY(check_obj_writable(env, regno, insn_idx, kDynptrSlots));
  RegState reg = env.cregs()[regno];
  return mark_stack_slots_dynptr(env, reg, type, insn_idx, clone_ref_obj_id);
}

Outcome use_dynptr(Env& env, u32 regno, bool rdonly, DynptrType wanted) {
  const RegState& reg = env.cregs()[regno];
  bool is_const = reg.type == CONST_PTR_TO_DYNPTR;
  if (is_const && !rdonly) return env.reject(diag::DynptrConstMutated{});
  if (!is_dynptr_reg_valid_init(env, reg)) return reject_as_summary(env, EINVAL, diag::DynptrNotInit{}, regno - 1);
  const RegState& dynptr = *dynptr_state(env, reg);
  if (wanted != DynptrType::Invalid && dynptr.dynptr.type != wanted)
    return env.reject(diag::DynptrWrongType{}, dynptr_type_str(wanted), regno - 1);
  if (is_const) return kOk;
  int spi = 0;
  SKEP_TRY(dynptr_get_spi(env, reg, spi));
  mark_obj_read(env, reg.frameno, spi, kDynptrSlots);
  return kOk;
}

}  // namespace

bool dynptr_type_refcounted(DynptrType type) { return type == DynptrType::Ringbuf; }

u32 dynptr_type_flag(DynptrType type) {
  switch (type) {
    case DynptrType::Local: return DYNPTR_TYPE_LOCAL;
    case DynptrType::Ringbuf: return DYNPTR_TYPE_RINGBUF;
    case DynptrType::Skb: return DYNPTR_TYPE_SKB;
    case DynptrType::Xdp: return DYNPTR_TYPE_XDP;
    case DynptrType::SkbMeta: return DYNPTR_TYPE_SKB_META;
    case DynptrType::Invalid: return 0;
  }
  return 0;
}

DynptrType dynptr_get_type(Env& env, const RegState& reg) {
  const RegState* state = dynptr_state(env, reg);
  return state ? state->dynptr.type : DynptrType::Invalid;
}

u32 dynptr_id(Env& env, const RegState& reg) {
  const RegState* state = dynptr_state(env, reg);
  return state ? state->id : 0;
}

u32 dynptr_ref_obj_id(Env& env, const RegState& reg) {
  const RegState* state = dynptr_state(env, reg);
  return state ? state->ref_obj_id : 0;
}

bool is_dynptr_reg_valid_init(Env& env, const RegState& reg) {
  if (reg.type == CONST_PTR_TO_DYNPTR) return true;
  int spi = 0;
  if (!dynptr_get_spi(env, reg, spi).ok()) return false;
  const Stack& stack = env.cur->cframe(reg.frameno).stack;
  return stack[spi].reg && stack[spi].spilled().dynptr.first_slot && all_bytes(stack[spi], STACK_DYNPTR) &&
         all_bytes(stack[spi - 1], STACK_DYNPTR);
}

Outcome process_dynptr_func(Env& env, u32 regno, int insn_idx, u32 arg_flags, DynptrType type, u32 clone_ref_obj_id) {
  const RegState& reg = env.cregs()[regno];
  if (reg.type != PTR_TO_STACK && reg.type != CONST_PTR_TO_DYNPTR)
    return env.reject(diag::ArgNotDynptrPointer{}, regno - 1);
  if (type == DynptrType::Invalid && (arg_flags & kDynptrKinds)) type = type_of_arg_flags(arg_flags);
  if (arg_flags & target::kArgUninit) return construct_dynptr(env, regno, insn_idx, type, clone_ref_obj_id);
  return use_dynptr(env, regno, arg_flags & target::kArgRdonly, type);
}

Outcome unmark_stack_slots_dynptr(Env& env, const RegState& arg) {
  RegState reg = arg;  // a register of the state that is changed below
  int spi = 0;
  SKEP_TRY(dynptr_get_spi(env, reg, spi));
  FuncState& frame = env.cur->frame(reg.frameno);
  u32 ref_obj_id = frame.stack[spi].spilled().ref_obj_id;
  if (!dynptr_type_refcounted(frame.stack[spi].spilled().dynptr.type)) {
    clear_dynptr(env, frame, spi);
    return kOk;
  }
  if (!release_reference(env, ref_obj_id)) return env.verifier_bug("dynptr without reference");
  // The dynptr and its clones. (Releasing may have unshared the frame, not moved it: it is ours since frame().)
  for (int i = 1; i < int(frame.stack.size()); i++) {
    const StackSlot& slot = frame.stack[i];
    bool is_clone = slot.slot_type[0] == STACK_DYNPTR && slot.spilled().ref_obj_id == ref_obj_id;
    if (is_clone && slot.spilled().dynptr.first_slot) clear_dynptr(env, frame, i);
  }
  return kOk;
}

Outcome destroy_if_dynptr_stack_slot(Env& env, FuncState& frame, int spi) {
  const StackSlot& slot = frame.stack[spi];
  if (slot.slot_type[0] != STACK_DYNPTR) return kOk;
  if (!slot.spilled().dynptr.first_slot) spi++;
  const RegState& dynptr = frame.stack[spi].spilled();
  if (dynptr_type_refcounted(dynptr.dynptr.type)) return env.reject(diag::OverwriteReferencedDynptr{});
  u32 id = dynptr.id;
  invalidate_slices(env, id);
  clear_dynptr(env, frame, spi);
  return kOk;
}

}  // namespace skep::verifier
