// SHA-256 (FIPS 180-4): the kernel's name for the instructions of a program.
#pragma once

#include <array>
#include <span>

#include "base/types.h"

namespace skep {

using Sha256 = std::array<u8, 32>;
Sha256 sha256(std::span<const u8> bytes);

}  // namespace skep
