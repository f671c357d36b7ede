// Why a program is refused: verified once more, with someone watching, and told as diag::Explanation. Only for programs
// that were rejected; a mere check pays nothing for it.
#pragma once

#include <vector>

#include "diag/explanation.h"
#include "verifier/verifier.h"

namespace skep::verifier {

struct ExplainLimits {
  u32 max_failures = 8;          // independent ones, the kernel's own included
  u32 max_insns_after = 20'000;  // walked after the first failure to find more
  bool try_changes = true;       // what_if(): the first failure's help says what makes the program load
};

// The failures of a program that verify() rejects, the kernel's own first; empty if it is accepted after all. The
// sentences are there too (diag::put_into_words).
std::vector<diag::Explanation> explain(const Program& program, const target::Target& target,
                                       const ObjectSource& objects, const Options& options,
                                       const ExplainLimits& limits = {});

}  // namespace skep::verifier
