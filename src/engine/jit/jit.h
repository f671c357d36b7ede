// The engine that runs machine code made from linked code (x86-64). What cannot be compiled is interpreted.
#pragma once

#include "engine/run.h"

namespace skep::engine {

const Engine& jit();

// Gives the code its native form, before it is shared. False: the jit() will interpret it.
bool compile(Code& code);

// Bytes of the machine code; 0: there is none.
u64 native_size(const Code& code);

}  // namespace skep::engine
