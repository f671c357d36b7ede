// Who looks for the input that breaks the rule, while the failure and the path to it are at hand. The verifier does not
// know how; whoever wants it gives explain() one of these (src/witness/).
#pragma once

#include <string_view>

#include "diag/witness.h"

namespace skep::verifier {

struct Env;
class Trace;

class WitnessSearch {
 public:
  virtual ~WitnessSearch() = default;
  // The last step of the trace was refused; `detail`: the first line that it printed. Called by several threads.
  virtual diag::Witness search(const Env& env, const Trace& trace, std::string_view detail) const = 0;
};

}  // namespace skep::verifier
