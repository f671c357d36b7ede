// SKEP_CHECK: an invariant of our own code. A failure is our bug, never the user's input: it names the place and
// aborts.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace skep {

[[noreturn]] inline void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "skep: bug: %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace skep

#define SKEP_CHECK(condition) ((condition) ? void() : ::skep::check_failed(__FILE__, __LINE__, #condition))
