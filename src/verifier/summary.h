// Rejections in two lines: the first says what is wrong, the second only what it means for the instruction.
#pragma once

#include "verifier/env.h"

namespace skep::verifier {

// Prints a text that sums up what the line before it said. If there was such a line, the rejection stays that one (with
// this errno): it names the closer cause.
template <typename K, typename... Args>
Outcome reject_as_summary(Env& env, int error, K k, const Args&... args) {
  if (!env.rejection) return env.reject_with(error, k, args...);
  env.log.write(diag::text_of(k, args...));
  env.rejection->error = error;
  return Outcome::error(error);
}

}  // namespace skep::verifier
