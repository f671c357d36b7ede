// What the emitter wants to know of linked code beforehand: where jumps go, which registers are still wanted after each
// operation, and what each subprogram uses.
#pragma once

#include <vector>

#include "engine/code.h"

namespace skep::engine::native {

// A set of BPF registers, a bit each.
using RegSet = u16;
constexpr RegSet reg_bit(u32 reg) { return RegSet(1u << reg); }
inline constexpr RegSet kArgRegs = 0x3e;      // R1 to R5
inline constexpr RegSet kCallerSaved = 0x3f;  // R0 to R5

// What an operation reads and writes.
struct Effect {
  RegSet uses = 0, defs = 0;
  bool pure = false;  // nothing but `defs` changes: not wanted, it can be left out
};
Effect effect_of(const Op& op);

constexpr bool in(OpCode code, OpCode first, OpCode last) { return code >= first && code <= last; }
// A jump that depends on registers.
constexpr bool is_branch(OpCode code) { return in(code, OpCode::Jeq64R, OpCode::Jsle32I); }
// A register becomes a number.
constexpr bool is_number(OpCode code) {
  return code == OpCode::Mov64I || code == OpCode::Mov32I || code == OpCode::LdImm;
}
// Execution does not go on with the next operation.
constexpr bool ends_flow(OpCode code) {
  return code == OpCode::Jump || code == OpCode::Exit || code == OpCode::Unreachable;
}

// Calls that are emitted in place, so that they need not all registers; look-ups in tables and in hashes of maps are
// calls of what suits the map. In an inner map: R1 is the map, its template is known.
enum class Inline : u8 {
  None,
  ArrayLookup,
  PercpuArrayLookup,
  TableLookup,
  ArrayOfMaps,
  HashOfMaps,
  InnerArrayLookup,
  InnerTableLookup,
  CpuId,
  Loop
};
Inline inline_form(const Op& op);

struct OpInfo {
  bool target = false;  // some jump comes here
  RegSet live = 0;      // wanted after it
  u32 loop_end = 0;     // the last operation that jumps back here; 0: none does
};

struct SubprogInfo {
  u32 start = 0, end = 0;   // ops
  RegSet saved = 0;         // of R6 to R9: those it writes
  bool uses_frame = false;  // R10, or slots beside the program's stack
  bool calls = false;
  bool may_goto = false, loops = false;
};

struct Analysis {
  std::vector<OpInfo> ops;
  std::vector<SubprogInfo> subprogs;
  bool has_jumps = false;

  explicit Analysis(const Code& code);
};

}  // namespace skep::engine::native
