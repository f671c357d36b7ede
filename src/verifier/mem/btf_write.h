// Stores into the kernel's structs: the few fields that subsystems open to programs of their type (spec: memory.md 9).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// A subsystem decides about stores by this program.
bool has_btf_write_rule(const Env&);
// Its decision on a store of `size` bytes at `off` of kernel struct `name`.
Outcome check_btf_write(Env&, std::string_view name, int off, int size);

}  // namespace skep::verifier
