// When two states are equal, and what must be remembered so that saying so is right: precision, linked registers,
// loops.
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

enum class ExactLevel { NotExact, Exact, RangeWithin };
// old covers cur: whatever is safe from old is safe from cur (states_equal; spec: exploration.md 4).
// `last`: where `old` differed last, which is where it most often will again.
struct Mismatch {
  u8 frame = 0, reg = 0;  // regsafe
  u8 exact_reg = 0;       // regs_exact_top_frame
};
bool states_equal(Env&, const VerifierState& old, const VerifierState& cur, ExactLevel, Mismatch& last);
bool regs_exact_top_frame(const VerifierState& old, const VerifierState& cur,
                          Mismatch& last);  // infinite loop test, registers only

// Where two states differ, for who wants to know why a path was not pruned.
struct Difference {
  enum class What : u8 { Reg, Slot, Held, Frames } what;  // Held: references, locks, sections; Frames: calls
  u32 frame = 0;
  int index = 0;  // of the register or slot
};
// All of them; none: `old` covers `cur`.
std::vector<Difference> differences(const Env&, const VerifierState& old, const VerifierState& cur, ExactLevel);

// Imprecise scalars that differ from the previous visit become unknown (widen_imprecise_scalars).
void widen_imprecise_scalars(Env&, const VerifierState& old, VerifierState& cur);
// The newest open state at `insn_idx` with the same call sites that `state` descends from (find_prev_entry), or
// nullptr.
VerifierState* find_prev_entry(Env&, const VerifierState& state, int insn_idx);

// Precision (prune/precision.cc; spec: exploration.md 6): the register's exact value mattered.
Outcome mark_chain_precision(Env&, int regno);
// The same where Linux 6.18 forgets to (docs/stricter-than-linux.md): nothing of it in the log, which stays Linux's.
Outcome mark_chain_precision_quietly(Env&, int regno);
Outcome mark_chain_precision_slot(Env&, u32 frameno, int spi);  // a spilled scalar
Outcome propagate_precision(Env&, const VerifierState& old, VerifierState& cur, bool* changed);
void mark_all_scalars_precise(Env&, VerifierState& from);
void mark_all_scalars_imprecise(VerifierState&);

// Linked registers (prune/linked_regs.cc; spec: exploration.md 7).
void assign_scalar_id_before_mov(Env&, RegState& src);
struct LinkedReg {
  u8 frameno;
  bool is_reg;
  u8 regno_or_spi;
};
struct LinkedRegs {
  int count = 0;
  LinkedReg entries[6];
};
void collect_linked_regs(Env&, VerifierState&, u32 id, LinkedRegs&);
u64 pack_linked_regs(const LinkedRegs&);
LinkedRegs unpack_linked_regs(u64 packed);
void sync_linked_regs(Env&, VerifierState&, const RegState& known, const LinkedRegs&);

}  // namespace skep::verifier
