// What a program returns to leave things as they are without it: what a check that is put into it returns.
#pragma once

#include "base/types.h"

namespace skep::target {

struct HarmlessReturn {
  s32 value = 0;
  const char* c = "0";  // in C, as the headers call it
};

// 0 for program types whose result does not matter, or where 0 is the answer that changes nothing.
HarmlessReturn harmless_return(u32 prog_type);

}  // namespace skep::target
