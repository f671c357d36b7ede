// Changes that might make a rejected program right: each what a person would do to its source, done to the
// instructions.
#pragma once

#include <string>
#include <vector>

#include "diag/explanation.h"
#include "verifier/env.h"
#include "verifier/explain/trace.h"

namespace skep::verifier {

// The failure as the walk left it: what changes are made from.
struct Failure {
  diag::Rejection rejection;
  int insn_idx = -1;             // -1: not in the walk
  u32 subprog = 0;               // where that is
  RegState regs[isa::kNumRegs];  // before the instruction
  bool in_main = true;           // the frame is the program's own, not a called function's
  std::vector<Reference> refs;
  std::vector<std::pair<int, u32>> ref_slots;  // stack slots that hold a reference: slot, id
  int reg = -1;                                // at fault
  int offset_insn = -1, offset_reg = -1;  // the addition that gave its pointer a variable offset, and what was added
  u64 offset_scale = 1;
  std::vector<u32> exits;  // instructions that end the failing function
  target::ReturnRange returns;
  std::string acquired_by;  // the helper or kfunc that gave the reference that leaks
};

struct Remedy {
  std::string help;                     // in words, with `%name` for the value's name
  std::string guard;                    // C to put before the line, `%name` as above; empty: it has no such form
  int at = -1;                          // instruction it concerns
  std::function<bool(Program&)> apply;  // false: cannot be done after all
};

// Likely ones first. Nothing: this kind of failure has no change that can be tried.
std::vector<Remedy> changes_for(const Failure& failure, const Program& program, const target::Target& target);

}  // namespace skep::verifier
