// CO-RE relocations that come with the program: what light skeletons leave to the kernel (spec: btf-and-load.md 5.4).
// Programs loaded by libbpf have none.
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Rewrites Env::insns to the offsets, sizes, ids and values of the kernel's types.
Outcome apply_core_relos(Env&);

}  // namespace skep::verifier
