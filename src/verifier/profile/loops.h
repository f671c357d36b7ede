// Loops of a program as its source has them: a head, and what comes back to it. Unlike strongly connected components
// (order.cc), of loops in one another each is told.
#pragma once

#include <vector>

#include "verifier/env.h"

namespace skep::verifier {

struct Loop {
  int head = 0, last = 0;    // the first instruction, and the one furthest down
  std::vector<int> body;     // instructions, ascending
  std::vector<int> entries;  // that lead to the head from outside
  // Edges out of it, from and to.
  std::vector<std::pair<int, int>> exits;
  bool has(int insn) const;
};

// At most `max`, of the heads that were visited most. `visits`: per instruction.
std::vector<Loop> loops_of(const Env& env, const std::vector<u64>& visits, size_t max);

}  // namespace skep::verifier
