// Asking what is said of a case: our kernel, or the running one. Both through bpf(2).
#pragma once

#include <memory>
#include <string>

#include "case.h"

namespace skep::cases {

struct Answer {
  int error = 0;  // positive errno; 0: accepted
  std::string log;
};

struct Question {
  Case text;
  isa::Assembly code;  // its map references are indices into text.maps
};

// Assembles the case. EINVAL with the reason.
Result<Question> prepare(Case c, const target::Target& target);

// Fails if a map or the types cannot be made.
Result<Answer> ask_skep(const Question& q, const std::shared_ptr<const target::Target>& target);
Result<Answer> ask_running_kernel(const Question& q);
// The running kernel is a Linux 6.18 that answers us.
bool running_kernel_answers();

}  // namespace skep::cases
