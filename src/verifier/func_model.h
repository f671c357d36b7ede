// Whether a kernel function can be called by, or its arguments handed to, a BPF program (spec: kfuncs.md 1.1).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Every argument and the result must fit the calling convention (btf_distill_func_model). EINVAL.
Outcome check_func_model(Env&, const btf::Btf& types, const btf::Type* proto, std::string_view name);

}  // namespace skep::verifier
