// The witness of a failure: an input that takes the verifier's path to the failure and really breaks the rule there, or
// that there is none. docs/witness.md.
#pragma once

#include "verifier/explain/witness_search.h"

namespace skep::witness {

// Whether this build has a solver; without one every search says that it has not.
bool can_search();

class Search : public verifier::WitnessSearch {
 public:
  // `ms`: time for one failure, replay included.
  explicit Search(u32 ms) : ms_(ms) {}
  diag::Witness search(const verifier::Env& env, const verifier::Trace& trace, std::string_view detail) const override;

 private:
  u32 ms_;
};

}  // namespace skep::witness
