// Taking instructions out of a program so that jumps, calls and function starts still mean what they meant.
#pragma once

#include "fuzz/program.h"

namespace skep::fuzz {

// Removes `n` slots from `at`. A jump to a removed instruction goes to the one after. False, and nothing changed, if a
// function would be left empty, or half an instruction.
bool remove_insns(Program& program, size_t at, size_t n);

// Inserts instructions before `at`. Who jumped there comes to the first of them.
void insert_insns(Program& program, size_t at, const std::vector<isa::Insn>& insns);

}  // namespace skep::fuzz
