// What dynptrs, iterators and irq flags have in common as objects in stack slots. Private to call/; spi is the slot at
// the object's lowest address, the others are spi-1, spi-2 ...
#pragma once

#include <cerrno>

#include "verifier/call/call.h"

namespace skep::verifier {

// stack_slot_obj_get_spi(): the address is good, but the frame's stack does not reach there yet. No message.
inline constexpr int kOffStack = ERANGE;

constexpr u64 slot_mask(int spi, int nr_slots) { return ((u64{1} << nr_slots) - 1) << (spi - nr_slots + 1); }

bool all_bytes(const StackSlot& slot, SlotType type);
void set_slot_type(StackSlot& slot, SlotType type);
// An object is gone: its slot is as if it had never been written.
void clear_slot(StackSlot& slot);

// The current insn makes or unmakes an object / looks at it: marks for liveness and for the log.
void mark_obj_written(Env& env, u32 frameno, int spi, int nr_slots);
void mark_obj_read(Env& env, u32 frameno, int spi, int nr_slots);
// The slots may be written: 8-byte stores at the register's address (they also undo what was there).
Outcome check_obj_writable(Env& env, u32 regno, int insn_idx, int nr_slots);

}  // namespace skep::verifier
