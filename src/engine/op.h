// Linked code: a verified program with everything looked up. One form for all engines, so that what an instruction
// refers to is decided in one place (link.cc). 16 bytes an operation; ld_imm64 is one; dead code is Unreachable.
#pragma once

#include "base/types.h"

namespace skep::engine {

enum class OpCode : u16 {
#define SKEP_ALU(name) name##64R, name##64I, name##32R, name##32I,
#define SKEP_UNARY(name) name,
#define SKEP_LOAD(name, type) name, Probe##name, Arena##name,
#define SKEP_STORE(bits) St##bits##R, St##bits##I, ArenaSt##bits##R, ArenaSt##bits##I,
#define SKEP_JUMP(name) name##64R, name##64I, name##32R, name##32I,
#define SKEP_OTHER(name) name,
#include "engine/ops.def"
  kCount,
};

struct Op {
  OpCode code = OpCode::Unreachable;
  u8 dst = 0, src = 0;
  s32 off = 0;  // bytes, of a memory access; index of an op, of a jump
  s64 imm = 0;  // sign-extended
};
static_assert(sizeof(Op) == 16);

// "Add64R" ...
const char* op_name(OpCode code);

}  // namespace skep::engine
