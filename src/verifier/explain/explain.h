// Why a program is refused: verified once more, with someone watching, and told as diag::Explanation. Only for programs
// that were rejected; a mere check pays nothing for it.
#pragma once

#include <vector>

#include "diag/explanation.h"
#include "diag/profile.h"
#include "diag/variables.h"
#include "verifier/explain/witness_search.h"
#include "verifier/verifier.h"

namespace skep::verifier {

struct ExplainLimits {
  u32 max_failures = 8;                    // independent ones, the kernel's own included
  u32 max_insns_after = 20'000;            // walked after the first failure to find more
  diag::VariableSource variables;          // names from debug information; may be empty
  bool try_changes = true;                 // what_if(): the first failure's help says what makes the program load
  const WitnessSearch* witness = nullptr;  // looks for inputs that break the rules; the caller's
};

// The walk was given up for its length: there is no other failure worth the time, and what there is to say its profile
// says (profile/profile.h).
bool gives_up_for_length(const diag::Rejection& rejection);

// The failures of a program that verify() rejected with `told`, the kernel's own first; empty if there is nothing to
// say (a silent errno). The sentences are there too (diag::put_into_words). `profile`: of a program that was given up
// for its length.
std::vector<diag::Explanation> explain(const Program& program, const target::Target& target,
                                       const ObjectSource& objects, const Options& options,
                                       const std::optional<diag::Rejection>& told, const ExplainLimits& limits = {},
                                       const diag::Profile* profile = nullptr);

}  // namespace skep::verifier
