// Changing a program's instructions as if its source had been changed: what is inserted, replaced and declared, with
// jumps, calls, function, line and relocation records kept in step.
#pragma once

#include <span>

#include "verifier/verifier.h"

namespace skep::verifier {

// Inserts before instruction `at` of `program`; whoever jumped there comes to the new ones first. False: a jump would
// become too long for its 16 bits.
bool insert_insns(Program& program, u32 at, std::span<const isa::Insn> insns);

// A function's linkage becomes static. False: the program's BTF has no such function.
bool make_static(Program& program, std::string_view function);

}  // namespace skep::verifier
