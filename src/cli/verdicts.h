// What return values of programs mean, by program type.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"

namespace skep::cli {

// "XDP_PASS"; empty: it is only a number.
std::string verdict_name(u32 prog_type, u32 retval);
// The packet goes no further.
bool is_dropped(u32 prog_type, u32 retval);

}  // namespace skep::cli
