// What the rewriting of a program after the walk does that can be seen: stack depths in the log, and one rejection.
#pragma once

#include <vector>

#include "verifier/env.h"

namespace skep::verifier {

// Bytes per subprogram as "stack depth" prints them. `rewritten`: the program got past the walk and is rewritten, as
// the kernel does after it: bpf_loop calls become loops, code never reached goes (with CAP_BPF), may_goto gets its
// counter.
std::vector<u32> reported_stack_depths(const Env& env, bool rewritten);

// Dead code goes, and with it a subprogram that nothing reached, although its address may still be taken. Where other
// subprograms are left, Linux then looks for the function at that address and finds none, or what follows: EFAULT in
// the first case, which is that of a subprogram at the very end.
Outcome check_function_addresses(Env& env);

}  // namespace skep::verifier
