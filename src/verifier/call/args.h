// Arguments of helper calls, one at a time (spec: helpers.md 2 to 4).
#pragma once

#include "verifier/call/call.h"

namespace skep::verifier {

// Argument `index` (0-based) of a helper call, completely: readable, of a type it takes, in bounds. Tells `meta` what
// later steps need.
Outcome check_func_arg(Env&, const target::HelperProto&, int index, CallArgMeta& meta, int insn_idx);

// A kernel pointer passed where a function of the program wants `struct name *` (an arg:trusted parameter).
Outcome check_btf_struct_arg(Env&, u32 regno, const char* struct_name, bool nullable);

}  // namespace skep::verifier
