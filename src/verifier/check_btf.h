// The BTF information a program comes with (spec: btf-and-load.md 5).
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// func_info headers, before subprograms are known (5.1).
Outcome check_btf_info_early(Env&);
// func_info against the subprograms, line_info, CO-RE relocations (5.2 to 5.4). Fills Env::func_info, line_info and
// SubprogInfo's names and linkage.
Outcome check_btf_info(Env&);

}  // namespace skep::verifier
