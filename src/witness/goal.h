// Goal: what it would take for a run to really break the rule that a program is refused for.
#pragma once

#include <optional>
#include <string>

#include "witness/machine.h"

namespace skep::witness {

enum class Rule : u8 {
  Reach,      // every run that gets to the instruction breaks it
  Bounds,     // memory outside of its object is used
  Null,       // a pointer is NULL
  Aligned,    // an access is not aligned
  Unwritten,  // bytes of the stack that nothing was written to are read
  Returned,   // a number is not in a range when a function or the program returns
  Distance,   // a pointer is moved too far
  Held,       // a reference is still held
  Repeats,    // the program is where it was, and nothing has changed
  Verifier,   // about what the verifier knows or has time for: no run breaks it
  Program,    // about the program as such: no input matters
};

Rule rule_of(const diag::Rejection& rejection);

inline constexpr s64 kMaxDistance = s64{1} << 29;  // bytes that a pointer may be moved: BPF_MAX_VAR_OFF

struct Goal {
  Rule rule = Rule::Reach;
  Term condition = truth(true);  // that it is broken
  int reg = -1;                  // the pointer or number that it is about
  s64 off = 0;                   // Bounds, Aligned, Unwritten: from the register to the first byte
  u64 bytes = 0;                 // how many, or
  int size_reg = -1;             // the register that says how many
  bool writes = false, by_call = false;
  s64 min = 0, max = 0;    // Returned; Aligned: min is what the object is away from being aligned
  bool half = false;       // Returned: as a 32-bit number
  bool zero = false;       // Bounds: that there are no bytes is what is not allowed
  std::string what;        // Held: what returned the reference; by_call: the function
  std::vector<int> steps;  // Held: that acquired it; -1: none on the path
};

// Before the path is run: which register it is about, and with what offset and size.
Goal goal_of(const verifier::Env& env, const verifier::Trace& trace, std::string_view detail);
// After that: the condition. Nothing if the rule cannot be put as one here, which `why` then says.
std::optional<Goal> complete(Goal goal, Machine& machine, Solver& solver, const verifier::Env& env,
                             const verifier::Trace& trace, std::string& why);

}  // namespace skep::witness
