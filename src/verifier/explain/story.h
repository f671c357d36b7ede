// Story: the failure at hand as a diag::Explanation: which value is at fault, where it came from, what the path did to
// it, and the facts that the sentences need.
#pragma once

#include "diag/explanation.h"
#include "verifier/explain/trace.h"

namespace skep::verifier {

// Of the step that was just refused: the last one of the trace. `detail`: the first line it printed.
diag::Explanation tell_step(const Env& env, const Trace& trace, std::string_view detail);
// The register at fault of a refused instruction, given the registers before it; -1: none. `detail` as above, or empty.
int register_at_fault(const Env& env, const isa::Insn& insn, const RegState* regs, std::string_view detail);
// Of a program refused before or after the walk, or for the walk's length: at that instruction, or, -1, where its facts
// say.
diag::Explanation tell_program(const Env& env, int insn_idx);
// The instructions that the value at fault of the refused step came through, newest first: what failures share that
// have one cause. Ends with the one that made it out of nothing (a call, a load); empty if no register is at fault.
std::vector<int> sources_of_failure(const Env& env, const Trace& trace);

}  // namespace skep::verifier
