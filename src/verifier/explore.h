// The walk over all paths of one run: main, or one global function (spec: exploration.md 3).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Verifies subprogram `subprog` from its entry (do_check_common): frame 0, arguments by its BTF for a global function
// or main.
Outcome explore_subprog(Env&, int subprog);
// Main's global functions, as far as live code calls them (do_check_subprogs).
Outcome explore_global_functions(Env&);

}  // namespace skep::verifier
