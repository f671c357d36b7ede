// Whether a program extension (freplace) has the prototype of the function it replaces (spec: btf-and-load.md 6.2).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Main function against `target_func`, a FUNC of `target_types` (btf_check_type_match). EINVAL.
Outcome check_ext_prototype(Env&, const btf::Btf& target_types, const btf::Type* target_func);

}  // namespace skep::verifier
