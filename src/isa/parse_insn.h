// One statement of assembly -> one instruction.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"
#include "isa/assemble.h"
#include "isa/insn.h"

namespace skep::isa {

using AsmLabels = std::map<std::string, int, std::less<>>;

struct Statement {
  Insn insns[2];
  int slots = 1;            // 2 for a ld_imm64
  std::string_view target;  // label that set_target() has to be called for; empty: none. Views into the text.
};

// Parses `text`, which is one instruction without index, opcode or comment. Of `labels` only the names count: they go
// before helpers and kfuncs of the same name. EINVAL with the reason.
Result<Statement> parse_statement(std::string_view text, const AsmSymbols& symbols, const AsmLabels& labels);

// Stores the distance (in slots, from the slot after `insn`) to a target: imm of gotol, call and function address, off
// of the others. False if it does not fit.
bool set_target(Insn& insn, s64 distance);

}  // namespace skep::isa
