// The context type test that functions' and kfuncs' parameters share (spec: kfuncs.md 5.1).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// The pointer type `ptr_id` points to the program type's context struct, or to the kernel's version of it.
bool is_prog_ctx_type(const Env&, const btf::Btf& types, u32 ptr_id);

}  // namespace skep::verifier
