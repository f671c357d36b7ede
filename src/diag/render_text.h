// An explanation as text for a terminal or a file: headline, source lines with labels, required against known, the
// kernel's own line, help. ASCII but for the source's own characters.
#pragma once

#include <string>

#include "diag/explanation.h"

namespace skep::diag {

struct TextStyle {
  u32 width = 100;  // columns
  bool colour = false;
  bool verbose = false;  // every event of the path, the instruction, the whole of the kernel's lines
  std::string folder;    // with a slash at its end: files below it are shown without it
};

std::string to_text(const Explanation& explanation, const TextStyle& style);

// The lines that go, with their numbers in the old file, and those that come, with theirs in the new one.
std::string patch_text(const SourcePatch& patch, const TextStyle& style);

// Text broken at blanks so that no line is longer than `width`; lines behind the first begin with `indent` blanks.
// `used`: columns already taken on the first one.
std::string wrapped(std::string_view text, u32 width, u32 indent, u32 used);

}  // namespace skep::diag
