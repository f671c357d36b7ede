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
  isa::Assembly code;                         // its map references are indices into text.maps
  u32 attach_btf_id = 0;                      // of a target in the kernel
  std::shared_ptr<const Question> attach_to;  // the case it attaches to
};

// Assembles the case, and the one it attaches to; names of the kernel are looked up in `kernel`, the types of the one
// that will be asked. EINVAL with the reason.
Result<Question> prepare(Case c, const target::Target& target, const btf::Btf& kernel);

// Fails if a map, the types or the program it attaches to cannot be made.
Result<Answer> ask_skep(const Question& q, const std::shared_ptr<const target::Target>& target);
Result<Answer> ask_running_kernel(const Question& q);
// The running kernel is a Linux 6.18 that answers us.
bool running_kernel_answers();

}  // namespace skep::cases
