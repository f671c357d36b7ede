// A program as a text case (tests/verifier/README.md), and back: what a difference is written down as.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "fuzz/program.h"

namespace skep::fuzz {

// Headers, then one instruction a line: `./dev bless` adds what Linux says of it.
std::string to_text(const Program& program, const World& world);

// EINVAL with the reason if the text is not what to_text() writes (its instructions may be edited).
Result<Program> from_text(std::string_view text, const World& world);

}  // namespace skep::fuzz
