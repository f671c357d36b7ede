// Causes: what is wrong, by a stable code ("E0203") that text, JSON and `skep explain` share. Several texts may have
// one cause, and a text may have several, told apart by its facts (docs/diagnostics.md).
#pragma once

#include <span>
#include <string_view>

#include "diag/rejection.h"

namespace skep::diag {

struct CauseRow {
  std::string_view code;   // "E0203"
  std::string_view title;  // "an index has no upper bound"
};
// In ascending order of their codes.
std::span<const CauseRow> causes();
// Null if there is no such code.
const CauseRow* find_cause(std::string_view code);
// The name of the code's area: "Bounds of memory".
std::string_view area_of(std::string_view code);

// The cause as far as the text alone tells it: that of kinds.def.
const CauseRow& cause_of(Kind kind);
// The cause of this rejection, its facts considered.
const CauseRow& cause_of(const Rejection& rejection);
// Facts that were read from a text: as many as the kind has fields, in their order, as printed.
const CauseRow& cause_of(Kind kind, std::span<const std::string> facts);

// Whether `text` is `pattern`, in which '*' stands for anything.
bool matches_glob(std::string_view text, std::string_view pattern);

}  // namespace skep::diag
