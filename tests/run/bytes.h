// Bytes as the scripts write them: hex with runs, "0800*2+45"; or words of 32 bits in zeros, "#192,8:5".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skep::runs {

std::vector<u8> parse_bytes(std::string_view text);
// Hex, with runs of a byte written as "00*14".
std::string hex(const std::vector<u8>& bytes);
// The words that are not zero.
std::string words(const std::vector<u8>& bytes);

}  // namespace skep::runs
