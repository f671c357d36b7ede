// What two answers to one program differ in.
#pragma once

#include <string>

#include "fuzz/side.h"

namespace skep::fuzz {

enum class Kind : u8 {
  None,
  Verdict,
  Errno,
  Message,
  Insns,
  TotalStates,
  PeakStates,
  OtherCounts,
  StackDepth,
  Log,
  Crash,
  kCount
};

const char* kind_name(Kind kind);

struct Difference {
  Kind kind = Kind::None;
  std::string live, skep;  // where they part: the answers, or the first differing lines of the logs
};

// The gravest difference. Both logs must be of the same level.
Difference compare(const Answer& live, const Answer& skep);

// First lines of the logs that differ, without any where they do not.
void first_difference(const Answer& live, const Answer& skep, Difference& out);

// Text with numbers, registers and states made equal: differences with the same text are one group.
std::string normalised(const std::string& line);

// "verdict | live text | skep text", normalised.
std::string group_of(const Difference& difference);

}  // namespace skep::fuzz
