// Changes that might make a long walk short: to loops and functions, done to the instructions and tried.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diag/profile.h"
#include "verifier/profile/counter.h"

namespace skep::verifier {

struct Shortening {
  std::string help;  // in words
  std::function<bool(Program&)> apply;
  bool takes_long = false;  // the walk goes on to near the limit of instructions if it helps
};

// Likely ones first. `profile`: with names, of `counter`.
std::vector<Shortening> shortenings_for(const Env& env, const Counter& counter, const diag::Profile& profile);

}  // namespace skep::verifier
