// Loads from the stack: fills of spilled registers, and bytes (spec: memory.md 4).
#include "verifier/flow.h"
#include "verifier/mem/mem.h"
#include "verifier/mem/stack_slot.h"
#include "verifier/print_state.h"

namespace skep::verifier {
namespace {

void load_zero_or_unknown(Env& env, int dst_regno, bool zero) {
  if (dst_regno < 0) return;
  if (zero) {
    mark_reg_known_zero(env, env.regs(), u32(dst_regno));
  } else {
    mark_reg_unknown(env, env.regs(), u32(dst_regno));
  }
}

// Bytes of a slot as a load sees them.
struct LoadedBytes {
  int spilled = 0, zero = 0;
  int unreadable = -1;  // index of the first that may not be read
};

LoadedBytes look_at_bytes(const Env& env, const StackSlot& slot, int off, int size, bool spill_ok) {
  LoadedBytes bytes;
  for (int i = 0; i < size; i++) {
    const u8 type = slot.slot_type[byte_of(off + i)];
    if (type == STACK_SPILL && spill_ok) {
      bytes.spilled++;
    } else if (type == STACK_ZERO) {
      bytes.zero++;
    } else if (type != STACK_MISC && !(type == STACK_INVALID && env.allow_uninit_stack)) {
      bytes.unreadable = i;
      break;
    }
  }
  return bytes;
}

int spill_size(const StackSlot& slot) {
  int size = 1;
  while (size < kSlotBytes && slot.slot_type[kSlotBytes - 1 - size] == STACK_SPILL) size++;
  return size;
}

void fill_register(Env& env, int dst_regno, const RegState& spilled, int size) {
  RegState& dst = env.regs()[dst_regno];
  dst = spilled;
  // A narrow load of a wide number is another number; the caller truncates it.
  if (size < kSlotBytes && spilled.var.umax >= u64{1} << (8 * size)) dst.id = 0;
}

// A load of another size than the spill. `records`: the load takes its value from the spilled register.
Outcome read_part_of_spill(Env& env, const StackSlot& slot, int off, int size, int dst_regno, bool& records) {
  const RegState& spilled = slot.spilled();
  records = false;
  if (!spilled.is_scalar()) {
    print_source_line(env, env.insn_idx, "; ");
    return env.reject(diag::InvalidFillSize{});
  }
  if (dst_regno < 0) return kOk;
  if (size <= spill_size(slot) && off % kSlotBytes == 0) {
    fill_register(env, dst_regno, spilled, size);
    records = true;
    return kOk;
  }
  const LoadedBytes bytes = look_at_bytes(env, slot, off, size, true);
  if (bytes.unreadable >= 0) return env.reject(diag::InvalidStackRead{}, off, bytes.unreadable, size);
  records = bytes.spilled == size && spilled.var.is_const() && spilled.var.var_off.value == 0;
  load_zero_or_unknown(env, dst_regno, records || bytes.zero == size);
  return kOk;
}

Outcome read_spill(Env& env, const StackSlot& slot, int off, int size, int dst_regno, bool& records) {
  if (size != kSlotBytes || spill_size(slot) != kSlotBytes)
    return read_part_of_spill(env, slot, off, size, dst_regno, records);
  records = true;
  if (dst_regno >= 0) {
    fill_register(env, dst_regno, slot.spilled(), size);
  } else if (!env.allow_ptr_leaks && !slot.spilled().is_scalar()) {
    return env.reject(diag::LeakingPtrFromStack{}, off);
  }
  return kOk;
}

Outcome check_stack_read_fixed_off(Env& env, u32 frameno, int off, int size, int dst_regno) {
  FuncState& frame = env.cur->frame(frameno);
  const int spi = slot_of(off);
  const StackSlot& slot = std::as_const(frame).stack[spi];
  env.mark_slot_changed(u32(spi));
  check_fastcall_stack_contract(env, frame, env.insn_idx, off);
  mark_stack_read(env, frameno, slot_bit(spi));
  if (slot.is_spilled_reg()) {
    bool records = false;
    SKEP_TRY(read_spill(env, slot, off, size, dst_regno, records));
    if (records) push_jmp_history(env, *env.cur, hist_stack_access(frameno, spi), 0);
    return kOk;
  }
  const LoadedBytes bytes = look_at_bytes(env, slot, off, size, false);
  if (bytes.unreadable >= 0) return env.reject(diag::InvalidStackRead{}, off, bytes.unreadable, size);
  load_zero_or_unknown(env, dst_regno, bytes.zero == size);
  return kOk;
}

Outcome check_stack_read_var_off(Env& env, u32 ptr_regno, int off, int size, int dst_regno) {
  SKEP_TRY(check_stack_range_initialized(env, ptr_regno, off, size, false, Access::Read, nullptr, StackUse::Direct));
  const RegState& ptr = env.regs()[ptr_regno];
  const s64 begin = ptr.var.smin + off, end = ptr.var.smax + off + size;
  FuncState& frame = env.cur->frame(ptr.frameno);
  s64 at = begin;
  for (; at < end; at++) {
    env.mark_slot_changed(u32(slot_of(at)));
    if (std::as_const(frame).stack[slot_of(at)].slot_type[byte_of(at)] != STACK_ZERO) break;
  }
  load_zero_or_unknown(env, dst_regno, at == end);
  check_fastcall_stack_contract(env, frame, env.insn_idx, int(begin));
  return kOk;
}

}  // namespace

Outcome check_stack_read(Env& env, u32 ptr_regno, int off, int size, int dst_regno) {
  const RegState& ptr = env.cregs()[ptr_regno];
  const bool variable = !ptr.var.is_const();
  if (variable && dst_regno < 0) return env.reject(diag::VarOffStackToHelper{}, tnum_str(ptr.var.var_off), off, size);
  if (variable) return check_stack_read_var_off(env, ptr_regno, off, size, dst_regno);
  return check_stack_read_fixed_off(env, ptr.frameno, int(off + s64(ptr.var.var_off.value)), size, dst_regno);
}

}  // namespace skep::verifier
