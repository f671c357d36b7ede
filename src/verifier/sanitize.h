// Spectre v1: pointer arithmetic of unprivileged programs is masked at run time, so that even a mispredicted path stays
// inside the object (spec: instructions.md 16).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// The masking of one pointer operation, found before it and fixed after it.
struct AluMask {
  u8 state = 0;   // AluState flags
  u32 limit = 0;  // bytes the pointer may move
  bool to_left = false;
};

// Before `ptr +- off` is computed into insn.dst: can it be masked; queues the path on which the mask has zeroed the
// offset. `off_is_dst`: it is written scalar += pointer.
Outcome sanitize_ptr_alu(Env&, const isa::Insn&, const RegState& ptr, const RegState& off, bool off_is_dst, AluMask&);
// After it: the result is inside its object, and the same masking serves every path that comes here.
Outcome commit_ptr_alu(Env&, const isa::Insn&, const RegState& off, bool off_is_dst, const AluMask&);
// A plain addition: this instruction must not have been one of pointers on another path.
Outcome sanitize_val_alu(Env&, const isa::Insn&);

}  // namespace skep::verifier
