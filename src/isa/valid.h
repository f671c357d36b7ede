// Which field values are wrong whatever the state of the program: the kernel's "uses reserved fields" family of
// messages. All EINVAL.
//
// When the kernel looks (instructions.md, 7, 9, 11, 12, 13):
//   static_pass_error      before the walk, instruction by instruction, reached or not
//   reserved_fields_error  when the walk reaches the instruction; first thing it does there, except
//                            conditional jumps        after the read check of dst (not may_goto)
//                            LD_ABS, LD_IND           after the check of the program type
//
// A message is a printf format of the kernel with at most one conversion; render with field_message(). Texts without a
// conversion (all but three) can be used as they are. Value rules that come after a register check ("div by zero",
// "invalid shift %d") are the verifier's.
#pragma once

#include <cstddef>
#include <string>

#include "isa/insn.h"

namespace skep::isa {

inline constexpr char kInvalidMayGoto[] = "invalid may_goto imm %d";                      // of insn.imm
inline constexpr char kInvalidAtomicOp[] = "BPF_ATOMIC uses invalid atomic opcode %02x";  // of insn.imm
inline constexpr char kUnknownOpcode[] = "unknown opcode %02x";                           // of insn.code

// The kernel's message if a reserved field of `insn` is used or a field has a value without meaning, else nullptr.
// Static storage. The opcode is one that opcode_row() knows; for another the answer is nullptr. The forms of
// static_pass_error() are not repeated here.
//
//   BPF_NEG uses reserved fields             NEG: src, off, imm
//   BPF_END uses reserved fields             END: src, off, or imm not 16, 32, 64
//   BPF_MOV uses reserved fields             MOV imm: src, off; reg: imm, or off not 0, 8, 16 (64-bit also 32)
//   addr_space_cast insn can only ...        MOV64 reg, off 1: imm not 1 or 65536
//   BPF_ALU uses reserved fields             other ALU: the unused operand field; off (DIV, MOD: other than 0, 1)
//   BPF_STX, BPF_ST uses reserved fields     STX: imm; ST: src
//   BPF_ATOMIC uses invalid atomic opcode    imm names no atomic operation
//   invalid atomic operand size              8 or 16 bits, not load_acquire or store_release
//   BPF_JMP/JMP32 uses reserved fields       conditional jump: the unused one of src and imm
//   invalid may_goto imm                     JCOND: dst, src, imm
//   BPF_CALL uses reserved fields            dst; off except of a kfunc; src above 2
//   BPF_JA, BPF_EXIT uses reserved fields    dst, src, imm (gotol: off instead of imm). off of EXIT is not looked at
//   BPF_LD_IMM64 uses reserved fields        off of the first slot
//   BPF_LD_[ABS|IND] uses reserved fields    dst, off, and src of ABS
const char* reserved_fields_error(const Insn& insn);

// The message of the static pass, as far as the instruction alone decides, else nullptr. `left` is the number of slots
// from `insn` to the end of the program, at least 1; a ld_imm64 uses two.
//
//   BPF_LDX uses reserved fields             mode not MEM or MEMSX, or imm (wins over an unknown opcode)
//   invalid bpf_ld_imm64 insn                no second slot, or its code, dst, src or off are not 0
//   unrecognized bpf_ld_imm64 insn           src above 6, or a map (src 1, 5) with a second imm
//   unknown opcode %02x                      not in opcodes.def
const char* static_pass_error(const Insn* insn, size_t left);

// The text of a message of either function for `insn`, without newline.
std::string field_message(const char* message, const Insn& insn);

}  // namespace skep::isa
