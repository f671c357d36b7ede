// What a program attaches to (spec: btf-and-load.md 6).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Attach target of tracing, LSM, EXT and struct_ops programs; sleepable rules (check_attach_btf_id). Fills
// Env::attach_*, ctx_arg_info, kind.attach_name.
Outcome check_attach_btf_id(Env&);

}  // namespace skep::verifier
