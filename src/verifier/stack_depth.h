// Stack use over call chains, after the walk (spec: instructions.md 15).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

Outcome check_max_stack_depth(Env&);

}  // namespace skep::verifier
