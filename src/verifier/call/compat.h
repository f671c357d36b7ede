// Which register types an argument kind takes (spec: helpers.md 3).
#pragma once

#include <span>

#include "target/helper.h"

namespace skep::verifier {

// In the order the kernel's message lists them. Empty: any type (Anything) or none (None).
std::span<const RegType> compatible_types(target::ArgKind kind);

}  // namespace skep::verifier
