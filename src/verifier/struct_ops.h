// Programs that are members of a kernel struct of function pointers (spec: btf-and-load.md 6.3).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// The struct is one that BPF may implement, the member one of its functions; its arguments become the context
// (check_struct_ops_btf_id).
Outcome check_struct_ops_btf_id(Env&);

}  // namespace skep::verifier
