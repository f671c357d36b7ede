// Changes to C source that may mend a failure where no change to its instructions says what to write: another section,
// a map's type, a copy of memory, a call moved. Each is a form that is looked for in the text around the failure, with
// the failure's own names; whether it is right is for whoever compiles and verifies it to say.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/explanation.h"

namespace skep::cli {

struct Failing {
  std::string code;                        // of the cause
  std::string message;                     // the last words of whoever refused it
  std::string program;                     // its function; empty: the whole object
  u32 prog_type = 0;                       // BPF_PROG_TYPE_*; 0: unknown
  const diag::Explanation* why = nullptr;  // null: it did not get to the verifier
  std::string warnings;                    // of the compiler, about variables without a value
  // Functions of the kernel whose names are near to this one.
  std::function<std::vector<std::string>(const std::string&)> functions_like;
};

struct RemedyInSource {
  std::string words;  // "use a program type that has it: `SEC("tc")`"
  std::string source;
};

// Likely ones first.
std::vector<RemedyInSource> remedies_in_source(std::string_view source, const Failing& failing);
// They come before what was tried on the instructions: they say better what to write.
bool prefers_source(std::string_view code);

}  // namespace skep::cli
