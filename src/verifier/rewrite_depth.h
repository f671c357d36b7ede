// What the rewriting of an accepted program does to the stack depths that the log reports.
#pragma once

#include <vector>

#include "verifier/env.h"

namespace skep::verifier {

// Bytes per subprogram as "stack depth" prints them. `accepted`: the program got past the walk and is rewritten, as the
// kernel does after it: bpf_loop calls become loops, code never reached goes (with CAP_BPF), may_goto gets its counter.
std::vector<u32> reported_stack_depths(const Env& env, bool accepted);

}  // namespace skep::verifier
