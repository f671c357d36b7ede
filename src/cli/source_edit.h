// Changes to C source, as text: what a SourceEdit (diag/explanation.h) may look like in a file. Whether
// one of them is right is for whoever compiles and verifies it to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diag/explanation.h"

namespace skep::cli {

// The source with the edit made at `line` (from 1), likely ways first; nothing if its place is not found. `function`:
// that which the line belongs to.
std::vector<std::string> edited_sources(std::string_view source, const diag::SourceEdit& edit, u32 line,
                                        std::string_view function);

}  // namespace skep::cli
