// Linked scalars: registers and spilled slots that hold the same value, or the same plus a constant, learn from each
// other's branches (spec: exploration.md 7, instructions.md 10).
#include "verifier/prune/prune.h"

namespace skep::verifier {

namespace {

// Packed form: count in 4 bits, then 10 bits per entry: frame 3, register or slot 6, is_reg 1.
constexpr int kCountBits = 4, kEntryBits = 10, kFrameBits = 3, kIndexBits = 6;

bool has_base_id(const RegState& reg, u32 id) { return reg.type == SCALAR_VALUE && reg.id && reg.base_id() == id; }

// Adds the register to the set, or, when the set is full, makes it forget the link.
template <typename Forget>
void add_or_forget(LinkedRegs& linked, LinkedReg entry, Forget forget) {
  if (linked.count < 6) {
    linked.entries[linked.count++] = entry;
  } else {
    forget();
  }
}

RegState& linked_reg_state(VerifierState& state, const LinkedReg& entry) {
  FuncState& frame = state.frame(entry.frameno);
  return entry.is_reg ? frame.regs[entry.regno_or_spi] : frame.stack[entry.regno_or_spi].reg.mut();
}

// reg = known + (reg's constant - known's constant), keeping reg's own link.
void follow_with_delta(RegState& reg, const RegState& known, bool synced) {
  s64 delta = s64(reg.off) - s64(known.off);
  bool is32 = (reg.id | known.id) & BPF_ADD_CONST32;
  u32 id = reg.id;
  s32 off = reg.off;
  reg = known;
  reg.id = id;
  reg.off = off;
  if (!synced) return domain::add_unsynced(reg.var, domain::Scalar::known(u64(delta)));
  domain::alu(domain::AluOp::Add, !is32, reg.var, domain::Scalar::known(u64(delta)));
}

}  // namespace

void assign_scalar_id_before_mov(Env& env, RegState& src) {
  if (src.type != SCALAR_VALUE) return;
  if (src.id & BPF_ADD_CONST) {
    src.id = 0;
    src.off = 0;
  }
  if (src.id || src.var.is_const()) return;
  src.id = env.new_id();
  src.off = 0;  // what it was once more than an older link
}

void collect_linked_regs(Env& env, VerifierState& state, u32 id, LinkedRegs& linked) {
  id &= ~BPF_ADD_CONST;
  const bool live_only = env.target.features().live_links_only;
  for (int f = int(state.curframe); f >= 0; f--) {
    const u16 live = live_only ? env.aux[state.frame_insn_idx(u32(f))].live_regs_before : u16(~0u);
    for (u8 r = 0; r < isa::kFramePtr; r++) {
      if (!(live >> r & 1) || !has_base_id(state.cframe(u32(f)).regs[r], id)) continue;
      add_or_forget(linked, {u8(f), true, r}, [&] { state.frame(u32(f)).regs[r].id = 0; });
    }
    for (size_t s = 0; s < state.cframe(u32(f)).stack.size(); s++) {
      const StackSlot& slot = state.cframe(u32(f)).stack[s];
      if (!slot.is_spilled_scalar() || !has_base_id(slot.spilled(), id)) continue;
      add_or_forget(linked, {u8(f), false, u8(s)}, [&] { state.frame(u32(f)).stack[s].reg.mut().id = 0; });
    }
  }
}

u64 pack_linked_regs(const LinkedRegs& linked) {
  u64 packed = 0;
  for (int i = linked.count - 1; i >= 0; i--) {
    const LinkedReg& e = linked.entries[i];
    packed = packed << kEntryBits |
             (u64{e.frameno} | u64{e.regno_or_spi} << kFrameBits | u64{e.is_reg} << (kFrameBits + kIndexBits));
  }
  return packed << kCountBits | u64(linked.count);
}

LinkedRegs unpack_linked_regs(u64 packed) {
  LinkedRegs linked;
  linked.count = int(packed & ((1 << kCountBits) - 1));
  packed >>= kCountBits;
  for (int i = 0; i < linked.count; i++, packed >>= kEntryBits) {
    linked.entries[i].frameno = packed & ((1 << kFrameBits) - 1);
    linked.entries[i].regno_or_spi = (packed >> kFrameBits) & ((1 << kIndexBits) - 1);
    linked.entries[i].is_reg = (packed >> (kFrameBits + kIndexBits)) & 1;
  }
  return linked;
}

void sync_linked_regs(Env& env, VerifierState& state, const RegState& known_reg, const LinkedRegs& linked) {
  const RegState known = known_reg;  // the set contains the register itself
  for (int i = 0; i < linked.count; i++) {
    RegState& reg = linked_reg_state(state, linked.entries[i]);
    if (reg.type != SCALAR_VALUE || &reg == &known_reg || reg.base_id() != known.base_id()) continue;
    u32 reg_link = reg.id & BPF_ADD_CONST, known_link = known.id & BPF_ADD_CONST;
    if (reg_link && known_link && reg_link != known_link) continue;
    if ((!reg_link && !known_link) || reg.off == known.off) {
      reg = known;
    } else {
      follow_with_delta(reg, known, env.target.features().linked_copies_synced);
    }
  }
}

}  // namespace skep::verifier
