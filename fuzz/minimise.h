// Delta debugging: the smallest program found that still has the property.
#pragma once

#include <functional>

#include "fuzz/program.h"

namespace skep::fuzz {

// Removes and simplifies instructions as long as `holds` says yes; at most `budget` questions.
Program minimise(const Program& program, const std::function<bool(const Program&)>& holds, int budget = 4000);

}  // namespace skep::fuzz
