// Values with a program: {u32 what, u32 program}. User space gives the program by descriptor; bpf(2) (src/sys) puts in
// its place what is stored and shown to lookups: its id, 0 for none.
#pragma once

#include "base/types.h"

namespace skep::map {

// In the place of an id: the descriptor is not of a program that may stand in this map. The update fails, with the
// errno of its type and in its turn.
inline constexpr u32 kUnusableProg = ~0u;

struct ProgValue {
  u32 what = 0;  // devmap: interface; cpumap: length of the queue
  u32 prog = 0;
  bool operator==(const ProgValue&) const = default;
};

}  // namespace skep::map
