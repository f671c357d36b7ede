// ALU operators as messages about pointers name them.
#pragma once

#include "isa/insn.h"

namespace skep::verifier {

constexpr const char* alu_op_name(u8 code) {
  constexpr const char* kNames[] = {
      "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian"};
  const unsigned op = isa::insn_op(code) >> 4;
  return op < sizeof(kNames) / sizeof(kNames[0]) ? kNames[op] : "unknown";
}

}  // namespace skep::verifier
