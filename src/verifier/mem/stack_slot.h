// Bytes of the stack and the slots they lie in, for the files that read and write them.
#pragma once

#include "verifier/state/state.h"

namespace skep::verifier {

// Offset `off` (negative, from the frame pointer) lies in slot slot_of(off), at slot_type[byte_of(off)].
constexpr int slot_of(s64 off) { return int((-off - 1) / kSlotBytes); }
constexpr int byte_of(s64 off) { return int((-off - 1) % kSlotBytes); }
constexpr u64 slot_bit(int spi) { return u64{1} << spi; }

// The slot holds more than loose bytes: a register, or part of a dynptr, iterator or irq flag.
inline bool is_special_slot(const StackSlot& slot) {
  const u8 last = slot.slot_type[kSlotBytes - 1];
  return last == STACK_SPILL || last == STACK_DYNPTR || last == STACK_ITER || last == STACK_IRQ_FLAG;
}

// What is initialised stays so, as unknown bytes.
inline void scrub_slot(StackSlot& slot) {
  for (u8& type : slot.slot_type)
    if (type != STACK_INVALID) type = STACK_MISC;
}

}  // namespace skep::verifier
