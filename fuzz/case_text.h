// A program as text in our assembler's syntax, and back: what a difference is written down as.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "fuzz/program.h"

namespace skep::fuzz {

// "# type 3 attach 0 flags 8 btf 1", "# func 12 Static" lines, then one instruction a line.
std::string to_text(const Program& program);

// EINVAL with the reason if the text is not what to_text() writes (its instructions may be edited).
Result<Program> from_text(std::string_view text);

}  // namespace skep::fuzz
