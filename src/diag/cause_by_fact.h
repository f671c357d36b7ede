// The rows of causes_by_fact.def: which facts of a text decide between causes.
#pragma once

#include <span>
#include <string_view>

#include "diag/rejection.h"

namespace skep::diag {

// If the named fact of the kind matches the pattern, the cause is `code`.
struct CauseByFact {
  Kind kind;
  std::string_view field, pattern, code;
};
std::span<const CauseByFact> causes_by_fact();

}  // namespace skep::diag
