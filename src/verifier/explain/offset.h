// The variable part of a pointer's offset: which register was added, where, and what was multiplied into it.
#pragma once

#include "verifier/explain/trace.h"

namespace skep::verifier {

struct Offset {
  int step = -1;  // the addition; -1: not found
  u32 frame = 0;
  int regno = -1;  // the number that was added
  u64 scale = 1;   // bytes per unit of the index: the constant it was multiplied with on the way
};

// Of the pointer in `loc` before `step`.
Offset offset_of(const Env& env, const Trace& trace, Loc loc, int step);

}  // namespace skep::verifier
