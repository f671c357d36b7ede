// From a case and its answer to the text of its file: what the log says stands beside the instructions.
#pragma once

#include "ask.h"

namespace skep::cases {

// The file as it must be for the answer.
std::string render(const Question& q, const Answer& answer);

}  // namespace skep::cases
