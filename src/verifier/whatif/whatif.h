// What if: changes to a rejected program, tried. A suggestion that says the program loads has been verified.
#pragma once

#include <string>
#include <vector>

#include "diag/explanation.h"
#include "verifier/verifier.h"

namespace skep::verifier {

struct Suggestion {
  bool loads = false;     // with this change, and those before it in the list, the program is accepted
  std::string help;       // what to do, "`" around C; names of values as "%name"
  diag::SourceEdit edit;  // as in `help`; there may be no such form
  int insn = -1;          // of the program as it was given; -1: of the program as a whole
  std::string file;       // where that is in the source
  u32 line = 0;           // 0: unknown
};

struct WhatIfLimits {
  u32 max_rounds = 8;      // changes on top of one another
  u32 max_tries = 96;      // verifications
  u32 max_insns = 60'000;  // instructions processed in all
};

// Changes that make the program load, in the order in which they were found necessary; the first ones that get further
// if none does; nothing if there is nothing to try.
std::vector<Suggestion> what_if(const Program& program, const target::Target& target, const ObjectSource& objects,
                                const Options& options, const WhatIfLimits& limits = {});

}  // namespace skep::verifier
