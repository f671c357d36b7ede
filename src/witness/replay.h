// Replay: runs the path again with plain numbers, as an interpreter would, and looks whether the rule is really broken.
// Knows no expressions: branches go where the numbers lead, each access is checked against its object, arithmetic is
// the engine's.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "verifier/env.h"
#include "verifier/explain/trace.h"
#include "witness/goal.h"
#include "witness/scene.h"

namespace skep::witness {

// What happened at the end.
struct Breach {
  bool followed = false;  // the run took the path to its end
  bool broken = false;    // and broke the rule
  std::string trouble;    // why not
  std::string words;      // "reads 4 bytes past the end of the packet (offset 14 of 14)"
};

// The numbers of a solution: of an expression, and of the bytes of unknown contents, by memory and address.
struct Solution {
  std::function<u64(Term)> number;
  std::map<std::pair<u32, u64>, u8> contents;
};

Breach replay(const verifier::Env& env, const verifier::Trace& trace, const Scene& scene, const Goal& goal,
              const Solution& solution);

}  // namespace skep::witness
