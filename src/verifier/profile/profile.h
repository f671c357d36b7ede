// What following a program takes: verified once more, with someone counting. Only for those who ask, and for programs
// that were given up for their length.
#pragma once

#include <memory>

#include "diag/profile.h"
#include "diag/variables.h"
#include "verifier/verifier.h"

namespace skep::verifier {

struct ProfileLimits {
  u32 max_insns = ~0u;             // instructions followed; the verifier's own limit holds as well
  u32 max_named = 200'000;         // instructions followed once more, for the names of values
  u32 max_tried = 20'000;          // instructions followed of each change that is tried; 0: none is
  diag::VariableSource variables;  // names from debug information; may be empty
  bool try_bounds = false;         // a smaller number of rounds, which takes as long as the limit of instructions does
};

diag::Profile profile(const Program& program, const target::Target& target, const ObjectSource& objects,
                      const Options& options, const ProfileLimits& limits = {});

}  // namespace skep::verifier
