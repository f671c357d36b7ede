// Changes that might make a rejected program right: each what a person would do to its source, done to the
// instructions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diag/explanation.h"
#include "verifier/env.h"
#include "verifier/whatif/edit.h"

namespace skep::verifier {

// The failure as the walk left it: what changes are made from.
struct Failure {
  struct Release {
    int acquired, released;  // instructions
    bool operator==(const Release&) const = default;
  };
  diag::Rejection rejection;
  int insn_idx = -1;                 // -1: not in the walk
  u32 subprog = 0, subprog_end = 0;  // where that is: the function's instructions
  RegState regs[isa::kNumRegs];      // before the instruction
  u16 live = 0;                      // registers that are read there or later
  bool in_main = true;               // the frame is the program's own, not a called function's
  s32 free_stack = 0;                // the function's stack is not used below this offset (not positive)
  int ctx_slot = -1;                 // stack slot that holds the context; -1: none
  std::vector<Reference> refs;
  std::vector<Release> releases;               // calls seen to end a reference, on whatever path
  std::vector<std::pair<int, u32>> ref_slots;  // stack slots that hold a reference: slot, id
  int reg = -1;                                // at fault
  int offset_insn = -1, offset_reg = -1;  // the addition that gave its pointer a variable offset, and what was added
  u64 offset_scale = 1;
  int lost_at = -1;  // the call that made the value at fault unusable, where it was in this register, too
  std::string lost_by;
  target::ReturnRange returns;
  // The oldest reference to memory or an object, which is the one that leaks if one does; 0: none.
  u32 leaked = 0;
  int acquired_at = -1;
  std::string acquired_by;    // the helper or kfunc that gave it
  std::string acquired_type;  // the struct that it pointed to
  s32 acquired_off = 0;       // and how far into it
};

struct Remedy {
  std::string help;                  // in words, with `%name` for the value's name, `%index` for that of its offset
  diag::SourceEdit edit;             // names as above; there may be no such form
  int at = -1;                       // instruction it concerns
  std::function<bool(Edit&)> apply;  // false: cannot be done after all
};

// Likely ones first. Nothing: this kind of failure has no change that can be tried.
std::vector<Remedy> changes_for(const Failure& failure, const Program& program, const target::Target& target);

}  // namespace skep::verifier
