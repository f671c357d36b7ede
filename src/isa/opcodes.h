// The instruction table (opcodes.def) as data: which opcodes exist, their shape, and what each is called.
#pragma once

#include <span>
#include <string_view>

#include "isa/insn.h"

namespace skep::isa {

// How an instruction is laid out in text and which of its fields it uses. One shape, one disassembly format.
enum class Shape : u8 {
  AluReg,
  AluImm,
  Neg,
  End,
  MovReg,
  LoadImm64,
  LoadAbs,
  LoadInd,
  Load,
  LoadSx,
  StoreReg,
  StoreImm,
  Atomic,
  JumpReg,
  JumpImm,
  Goto,
  GotoLong,
  MayGoto,
  Call,
  Exit,
};

// Sets of fields, for the column "must be zero".
enum : u8 { kNone = 0, kDst = 1, kSrc = 2, kOff = 4, kImm = 8 };

struct OpcodeRow {
  u8 code;
  std::string_view name;  // enum-like name, e.g. "Add64Reg"
  std::string_view op;    // operator as the log prints it: "+=", "s>", "u32" for sizes ...
  Shape shape;
  u8 mcpu;  // first clang -mcpu=vN that writes this opcode: 1 ... 4
  u8 zero;  // set of fields that must be zero in every form of the opcode
};

// The row of an opcode, or nullptr if the kernel's instruction table does not know it ("unknown opcode %02x").
const OpcodeRow* opcode_row(u8 code);

// All rows, in the order of opcodes.def.
std::span<const OpcodeRow> opcode_rows();

}  // namespace skep::isa
