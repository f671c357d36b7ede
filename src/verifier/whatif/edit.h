// Changing a program's instructions as if its source had been changed: what is inserted, replaced and declared, with
// jumps, calls, function, line and relocation records kept in step.
#pragma once

#include <span>

#include "verifier/verifier.h"

namespace skep::verifier {

// Who jumped to the place of an insertion comes to what was inserted, or past it: then it belongs to the instruction
// before.
enum class Jumps : u8 { ToInserted, PastInserted };

// Inserts before instruction `at` of `program`. False: a jump would become too long for its 16 bits.
bool insert_insns(Program& program, u32 at, std::span<const isa::Insn> insns, Jumps jumps = Jumps::ToInserted);

// A program being changed, and what each instruction was in the program as it was given: its index, -1 of a new one.
struct Edit {
  Program program;
  std::vector<int> origin;

  explicit Edit(const Program& given);
  bool insert(int at, std::span<const isa::Insn> insns, Jumps jumps = Jumps::ToInserted);
};

// A function gets another linkage (btf::BTF_FUNC_STATIC ...). False: the program's BTF has no such function.
bool set_linkage(Program& program, std::string_view function, btf::FuncLinkage linkage);

}  // namespace skep::verifier
