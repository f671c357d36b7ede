// What changed between two versions of a source: as values (diag::SourcePatch), and as patch(1) reads it.
#pragma once

#include <string>
#include <string_view>

#include "diag/explanation.h"

namespace skep::cli {

diag::SourcePatch patch_between(std::string_view path, std::string_view before, std::string_view after);

// What `patch -p1` and `git apply` take; empty if both are the same. One hunk per change, three lines around it.
std::string unified_diff(std::string_view path, std::string_view before, std::string_view after);

}  // namespace skep::cli
