// Labels become distances.
#include "fuzz/code.h"

#include "base/check.h"

namespace skep::fuzz {

void Code::finish(Program& program) {
  for (const Fixup& fix : fixups_) {
    const int target = targets_[size_t(fix.label.id)];
    SKEP_CHECK(target >= 0);
    const int distance = target - int(fix.insn) - 1;
    isa::Insn& insn = insns_[fix.insn];
    if (fix.kind == Fix::Jump) {
      insn.off = s16(distance);
    } else {
      insn.imm = distance;
    }
  }
  program.insns = std::move(insns_);
  program.funcs = std::move(funcs_);
}

}  // namespace skep::fuzz
