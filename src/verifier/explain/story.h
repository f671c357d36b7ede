// Story: the failure at hand as a diag::Explanation: which value is at fault, where it came from, what the path did to
// it, and the facts that the sentences need.
#pragma once

#include "diag/explanation.h"
#include "verifier/explain/trace.h"

namespace skep::verifier {

// Of the step that was just refused: the last one of the trace.
diag::Explanation tell_step(const Env& env, const Trace& trace);
// Of a program refused before or after the walk.
diag::Explanation tell_program(const Env& env);
// Where a step's value at fault comes from, for telling failures apart: the step that made it, or -1.
int origin_of_failure(const Env& env, const Trace& trace);

}  // namespace skep::verifier
