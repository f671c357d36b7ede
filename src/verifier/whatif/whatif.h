// What if: changes to a rejected program, tried. A suggestion that says the program loads has been verified.
#pragma once

#include <string>
#include <vector>

#include "verifier/verifier.h"

namespace skep::verifier {

struct Suggestion {
  bool loads = false;  // with this change, and those before it in the list, the program is accepted
  std::string help;    // what to do, "`" around C; names of values as "%name"
  std::string guard;   // C to put before the line, empty if there is no such form
  int insn = -1;       // of the program as it was given; -1: of the program as a whole
  u32 line = 0;        // of that in the source; 0: unknown
};

struct WhatIfLimits {
  u32 max_rounds = 4;       // changes on top of one another
  u32 max_tries = 48;       // verifications
  u32 max_insns = 100'000;  // instructions processed in all
};

// Changes that make the program load, in the order in which they were found necessary; the first ones that get further
// if none does; nothing if there is nothing to try.
std::vector<Suggestion> what_if(const Program& program, const target::Target& target, const ObjectSource& objects,
                                const Options& options, const WhatIfLimits& limits = {});

}  // namespace skep::verifier
