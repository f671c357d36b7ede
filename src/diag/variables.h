// What the source calls what is in a register or on the stack, from an object's debug information (DWARF), where it has
// any: clang -g writes it, llvm-strip -g takes it away.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skep::diag {

// A variable's place while instructions [begin, end) of its function are about to be executed.
struct VariableRange {
  u32 begin = 0, end = 0;
  int reg = -1;          // the register; -1: on the stack
  s32 off = 0;           // from the frame pointer, of what is on the stack
  bool derived = false;  // the variable is computed from what is there
  std::string name;
};

struct Variables {
  std::map<std::string, std::vector<VariableRange>, std::less<>> functions;

  // The variable of the function's `insn`-th instruction in a register, or, where `reg` is negative, at `off`; empty:
  // none is known. `derived`: also one that is only computed from it.
  std::string_view name_at(std::string_view function, u32 insn, int reg, s32 off, bool derived) const;
};

// Reads them when they are first needed; null: there are none.
using VariableSource = std::function<std::shared_ptr<const Variables>()>;

}  // namespace skep::diag
