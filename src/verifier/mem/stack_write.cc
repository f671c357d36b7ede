// Stores to the stack: spills of whole registers, and bytes (spec: memory.md 4).
//
//   fixed offset, at a slot's base:  scalar or immediate, any size  -> spill (CAP_BPF)
//                                    pointer, 8 bytes               -> spill
//   else                             the bytes become zero or misc, a spill that was there is lost
#include "verifier/call/call.h"
#include "verifier/flow.h"
#include "verifier/mem/mem.h"
#include "verifier/mem/stack_slot.h"
#include "verifier/print_state.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {
namespace {

bool is_spillable(RegType type) {
  switch (base_type(type)) {
    case PTR_TO_MAP_VALUE:
    case PTR_TO_STACK:
    case PTR_TO_CTX:
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END:
    case PTR_TO_FLOW_KEYS:
    case CONST_PTR_TO_MAP:
    case PTR_TO_SOCKET:
    case PTR_TO_SOCK_COMMON:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_XDP_SOCK:
    case PTR_TO_BTF_ID:
    case PTR_TO_BUF:
    case PTR_TO_MEM:
    case PTR_TO_FUNC:
    case PTR_TO_MAP_KEY:
    case PTR_TO_ARENA: return true;
    default: return false;
  }
}

// What is stored: a register, an immediate (ST), or, by a helper or an atomic, nobody knows what.
struct StoredValue {
  const RegState* reg = nullptr;
  bool is_imm = false;
  s32 imm = 0;

  bool is_zero() const { return reg ? reg->is_null() : is_imm && imm == 0; }
};

StoredValue stored_value(Env& env, int value_regno, int insn_idx) {
  if (value_regno >= 0) return {&env.regs()[value_regno], false, 0};
  const isa::Insn& insn = env.insns[insn_idx];
  const bool is_st = isa::insn_class(insn.code) == isa::BPF_ST && isa::insn_mode(insn.code) == isa::BPF_MEM;
  return {nullptr, is_st, is_st ? insn.imm : 0};
}

// The low `size` bytes of the slot hold the register; what was above it stays as bytes.
void save_register_state(Env& env, StackSlot& slot, const RegState& reg, int size) {
  if (slot.reg.shared()) slot.reg.reset();
  slot.reg.mut(&env.reg_pool) = reg;
  int i = kSlotBytes;
  for (; i > kSlotBytes - size; i--) slot.slot_type[i - 1] = STACK_SPILL;
  for (; i > 0; i--) {
    u8& type = slot.slot_type[i - 1];
    if (type != STACK_ZERO && type != STACK_INVALID) type = STACK_MISC;
  }
}

// A store that a later load may speculatively overtake, and so see an old pointer: a barrier follows it (Spectre v4).
void note_speculative_overtaking(Env& env, const StackSlot& slot, int off, int size, const RegState* reg,
                                 int insn_idx) {
  bool unsafe = reg && is_spillable(reg->type);
  for (int i = 0; i < size && !unsafe; i++) {
    const u8 type = slot.slot_type[byte_of(off + i)];
    unsafe = type != STACK_MISC && type != STACK_ZERO;
  }
  if (unsafe) env.aux[insn_idx].nospec_result = true;
}

void spill_scalar(Env& env, StackSlot& slot, RegState& reg, int size) {
  const bool fits = size == 8 || reg.var.umax < u64{1} << (8 * size);
  if (fits) assign_scalar_id_before_mov(env, reg);
  save_register_state(env, slot, reg, size);
  if (!fits) slot.reg.mut().id = 0;  // the copy is another number
}

void spill_imm(Env& env, StackSlot& slot, s32 imm, int size) {
  RegState value;
  value.mark_known_scalar(u64(s64(imm)));
  value.precise = !env.bpf_capable;
  save_register_state(env, slot, value, size);
}

Outcome spill_pointer(Env& env, const FuncState& frame, StackSlot& slot, const RegState& reg, int size, int insn_idx) {
  if (size != kSlotBytes) {
    print_source_line(env, insn_idx, "; ");
    return env.reject(diag::InvalidSpillSize{});
  }
  if (frame.frameno != env.cur->curframe && reg.type == PTR_TO_STACK) return env.reject(diag::SpillToCallerFrame{});
  save_register_state(env, slot, reg, size);
  return kOk;
}

Outcome store_bytes(Env& env, StackSlot& slot, int off, int size, const StoredValue& value, int value_regno) {
  slot.reg.reset();
  if (is_special_slot(slot)) scrub_slot(slot);
  u8 type = STACK_MISC;
  if (value.is_zero()) {
    // The zero bytes are right only if the register is zero in every state that is found equal to this one.
    if (value.reg) SKEP_TRY(mark_chain_precision(env, value_regno));
    type = STACK_ZERO;
  }
  for (int i = 0; i < size; i++) slot.slot_type[byte_of(off + i)] = type;
  return kOk;
}

Outcome check_stack_write_fixed_off(Env& env, u32 frameno, int off, int size, int value_regno, int insn_idx) {
  FuncState& frame = env.cur->frame(frameno);
  const int spi = slot_of(off);
  StackSlot& slot = frame.stack[spi];
  if (!env.allow_ptr_leaks && slot.is_spilled_reg() && !slot.is_spilled_scalar() && size != kSlotBytes)
    return env.reject(diag::CorruptSpilledPtr{});
  const StoredValue value = stored_value(env, value_regno, insn_idx);
  if (!env.bypass_spec_v4) note_speculative_overtaking(env, slot, off, size, value.reg, insn_idx);
  SKEP_TRY(destroy_if_dynptr_stack_slot(env, frame, spi));
  check_fastcall_stack_contract(env, frame, insn_idx, off);
  env.mark_slot_changed(u32(spi));
  if (size == kSlotBytes) mark_stack_write(env, frameno, slot_bit(spi));

  const bool at_base = off % kSlotBytes == 0;
  if (value.reg && at_base && value.reg->is_scalar() && env.bpf_capable) {
    spill_scalar(env, slot, env.regs()[value_regno], size);
  } else if (value.is_imm && at_base && env.bpf_capable) {
    spill_imm(env, slot, value.imm, size);
  } else if (value.reg && is_spillable(value.reg->type)) {
    SKEP_TRY(spill_pointer(env, frame, slot, *value.reg, size, insn_idx));
  } else {
    return store_bytes(env, slot, off, size, value, value_regno);
  }
  push_jmp_history(env, *env.cur, hist_stack_access(frameno, spi), 0);
  return kOk;
}

// One byte that a store at an unknown place may hit. `kept_zero`: it is a zero, and will be one.
Outcome maybe_store_byte(Env& env, FuncState& frame, s64 at, bool writing_zero, int insn_idx, bool& kept_zero) {
  const int spi = slot_of(at);
  StackSlot& slot = frame.stack[spi];
  u8& type = slot.slot_type[byte_of(at)];
  env.mark_slot_changed(u32(spi));
  if (!env.allow_ptr_leaks && type != STACK_MISC && type != STACK_ZERO)
    return env.reject(diag::SpilledPtrInVarOffWrite{}, insn_idx, at);
  if (writing_zero && type == STACK_SPILL && slot.is_spilled_scalar() && slot.spilled().is_null()) {
    kept_zero = true;
    return kOk;
  }
  // Part of a register is no register: what is left of it is bytes.
  slot.reg.reset();
  if (is_special_slot(slot)) scrub_slot(slot);
  if (type == STACK_INVALID && !env.allow_uninit_stack)
    return env.reject(diag::UninitStackInVarOffWrite{}, insn_idx, at);
  if (writing_zero && type == STACK_ZERO) {
    kept_zero = true;
  } else {
    type = STACK_MISC;
  }
  return kOk;
}

Outcome check_stack_write_var_off(Env& env, u32 ptr_regno, int off, int size, int value_regno, int insn_idx) {
  const RegState& ptr = env.regs()[ptr_regno];
  const s64 begin = ptr.var.smin + off, end = ptr.var.smax + off + size;
  FuncState& frame = env.cur->frame(ptr.frameno);
  const bool writing_zero = stored_value(env, value_regno, insn_idx).is_zero();
  for (int spi = slot_of(end - 1); spi <= slot_of(begin); spi++)
    SKEP_TRY(destroy_if_dynptr_stack_slot(env, frame, spi));
  check_fastcall_stack_contract(env, frame, insn_idx, int(begin));
  bool kept_zero = false;
  for (s64 at = begin; at < end; at++) SKEP_TRY(maybe_store_byte(env, frame, at, writing_zero, insn_idx, kept_zero));
  if (kept_zero && value_regno >= 0) return mark_chain_precision(env, value_regno);
  return kOk;
}

}  // namespace

Outcome check_stack_write(Env& env, u32 ptr_regno, int off, int size, int value_regno, int insn_idx) {
  const RegState& ptr = env.cregs()[ptr_regno];
  if (!ptr.var.is_const()) return check_stack_write_var_off(env, ptr_regno, off, size, value_regno, insn_idx);
  const int at = int(off + s64(ptr.var.var_off.value));
  return check_stack_write_fixed_off(env, ptr.frameno, at, size, value_regno, insn_idx);
}

}  // namespace skep::verifier
