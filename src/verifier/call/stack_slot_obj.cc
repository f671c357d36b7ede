// Objects that programs keep on their stack (dynptrs, iterators, irq flags): which slots a stack pointer names. Spec:
// protocols.md 6 (end).
//
//   frame top (fp) | slot 0 | slot 1 | ... | slot n-1 |      an object of 2 slots at fp-16: slots 1 (spi) and 0;
//                   fp-8     fp-16                           `spi` is the one at the lowest address, the pointer's
#include "verifier/call/stack_slot_obj.h"

namespace skep::verifier {

Outcome stack_slot_obj_get_spi(Env& env, const RegState& reg, const char* obj_kind, int nr_slots, int& spi) {
  if (!reg.var.is_const()) return env.reject(diag::ObjNotConstantOffset{}, obj_kind);
  s64 off = s64(reg.off) + s64(reg.var.var_off.value);
  if (off % kSlotBytes) return env.reject(diag::ObjWrongOffset{}, obj_kind, off);
  s64 slot = -off / kSlotBytes - 1;
  // Nothing lies at fp+0. Linux 6.18 takes it for fp-8, but writes there are refused (docs/stricter-than-linux.md).
  if (off == 0 && nr_slots == 1) return Outcome::error(kOffStack);
  if (slot + 1 < nr_slots) return env.reject(diag::ObjWrongOffset{}, obj_kind, off);
  const FuncState& frame = env.cur->cframe(reg.frameno);
  if (slot >= s64(frame.stack.size())) return Outcome::error(kOffStack);
  spi = int(slot);
  return kOk;
}

bool all_bytes(const StackSlot& slot, SlotType type) {
  for (u8 byte : slot.slot_type)
    if (byte != type) return false;
  return true;
}

void set_slot_type(StackSlot& slot, SlotType type) {
  for (u8& byte : slot.slot_type) byte = type;
}

void clear_slot(StackSlot& slot) {
  set_slot_type(slot, STACK_INVALID);
  slot.reg.reset();
}

void mark_obj_written(Env& env, u32 frameno, int spi, int nr_slots) {
  for (int i = 0; i < nr_slots; i++) env.mark_slot_changed(u32(spi - i));
  mark_stack_write(env, frameno, slot_mask(spi, nr_slots));
}

void mark_obj_read(Env& env, u32 frameno, int spi, int nr_slots) {
  for (int i = 0; i < nr_slots; i++) env.mark_slot_changed(u32(spi - i));
  mark_stack_read(env, frameno, slot_mask(spi, nr_slots));
}

Outcome check_obj_writable(Env& env, u32 regno, int insn_idx, int nr_slots) {
  for (int i = 0; i < nr_slots; i++)
    SKEP_TRY(check_mem_access(env, insn_idx, regno, i * kSlotBytes, isa::BPF_DW, Access::Write, kNoReg, false, false));
  return kOk;
}

}  // namespace skep::verifier
