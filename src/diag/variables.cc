// See variables.h.
#include "diag/variables.h"

namespace skep::diag {

std::string_view Variables::name_at(std::string_view function, u32 insn, int reg, s32 off, bool derived) const {
  const auto found = functions.find(function);
  if (found == functions.end()) return {};
  std::string_view computed;
  for (const VariableRange& range : found->second) {
    if (insn < range.begin || insn >= range.end || range.reg != reg || (reg < 0 && range.off != off)) continue;
    if (!range.derived) return range.name;
    if (derived) computed = range.name;
  }
  return computed;
}

}  // namespace skep::diag
