// Is a history linearizable? That is: can each operation be given one moment between its start and its end, so that all
// of them, one after the other at these moments, give the answers that were recorded?
//
// Wing and Gong's search, breadth first. A configuration is how many operations of each process have had their moment,
// and what the object holds then. From the configurations of n operations follow those of n + 1; where there are none,
// the history is not linearizable. A process does one thing at a time, so there are few configurations at once, and
// the history need not be cut into pieces.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"

namespace skep::map {

enum class Kind : u32 { Lookup, Update, Delete, Take };  // Take: LOOKUP_AND_DELETE; of a queue: peek, push, -, pop

inline constexpr u64 kTorn = ~u64(0);  // a value that was read and is two halves of others: no model takes it

struct Op {
  u64 start = 0, end = 0;  // nanoseconds
  Kind kind = Kind::Lookup;
  int result = 0;  // 0 or -errno
  u64 flags = 0;   // of an update
  u64 value = 0;   // written, or read where result is 0
};

using State = std::vector<u64>;  // what the object holds, the oldest first

// Does the operation to the state. False: in this state its answer would have been another one.
using Model = bool (*)(State& state, const Op& op);
bool element_model(State& state, const Op& op);  // a key: one value or none. Keys of arrays start with the value 0
inline constexpr u64 kQueueCapacity = 3;
bool queue_model(State& state, const Op& op);
bool stack_model(State& state, const Op& op);

using History = std::vector<std::vector<Op>>;  // by process, each in its order

struct Verdict {
  bool linearizable = true;
  std::string text;        // if not: where the search ended
  u64 operations = 0;      // in the history
  u64 overlapping = 0;     // of them, that were not alone from start to end
  u64 configurations = 0;  // the most at once
};
Verdict check_history(const History& history, const State& first, Model model);

}  // namespace skep::map
