// What instructions refer to by fd or id (spec: instructions.md 12, btf-and-load.md 4 and 5.5, protocols.md 3).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Maps and BTFs bound through fd_array with fd_array_cnt.
Outcome process_fd_array(Env&);
// The static pass over all instructions: 64-bit immediates become maps, map values, kernel variables (InsnAux::map,
// map_off, btf_var; Env::used_maps, used_btfs, arena); unknown opcodes and reserved fields of loads are refused.
Outcome resolve_pseudo_ldimm64(Env&);

}  // namespace skep::verifier
