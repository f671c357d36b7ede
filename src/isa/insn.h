// The eBPF instruction as it lies in memory (RFC 9669, section 3), and the names of its fields. Everything else about
// an instruction (is it valid, how does it print) comes from the one table, opcodes.def.
//
//    63            32 31      16 15   12 11    8 7          0
//   |      imm       |   off    |  src  |  dst  |   code     |        code:  | op 4 | s 1 | class 3 |   (ALU, JMP)
//                                                                           | mode 3 | size 2 | class 3 |  (LD, LDX,
//                                                                           ST, STX)
#pragma once

#include "base/types.h"

namespace skep::isa {

struct Insn {
  u8 code = 0;
  u8 dst : 4 = 0;
  u8 src : 4 = 0;
  s16 off = 0;
  s32 imm = 0;

  bool operator==(const Insn&) const = default;
};
static_assert(sizeof(Insn) == 8);

// Instruction classes: code & 7.
inline constexpr u8 BPF_LD = 0, BPF_LDX = 1, BPF_ST = 2, BPF_STX = 3, BPF_ALU = 4, BPF_JMP = 5, BPF_JMP32 = 6,
                    BPF_ALU64 = 7;
// Access sizes: code & 0x18.
inline constexpr u8 BPF_W = 0x00, BPF_H = 0x08, BPF_B = 0x10, BPF_DW = 0x18;
// Access modes: code & 0xe0.
inline constexpr u8 BPF_IMM = 0x00, BPF_ABS = 0x20, BPF_IND = 0x40, BPF_MEM = 0x60, BPF_MEMSX = 0x80, BPF_ATOMIC = 0xc0;
// Operand source: code & 8.
inline constexpr u8 BPF_K = 0x00, BPF_X = 0x08;
// ALU operations: code & 0xf0.
inline constexpr u8 BPF_ADD = 0x00, BPF_SUB = 0x10, BPF_MUL = 0x20, BPF_DIV = 0x30, BPF_OR = 0x40, BPF_AND = 0x50,
                    BPF_LSH = 0x60, BPF_RSH = 0x70, BPF_NEG = 0x80, BPF_MOD = 0x90, BPF_XOR = 0xa0, BPF_MOV = 0xb0,
                    BPF_ARSH = 0xc0, BPF_END = 0xd0;
// Byte order of BPF_END in class ALU (in ALU64 the TO_LE form is an unconditional swap).
inline constexpr u8 BPF_TO_LE = 0x00, BPF_TO_BE = 0x08;
// Jump operations: code & 0xf0.
inline constexpr u8 BPF_JA = 0x00, BPF_JEQ = 0x10, BPF_JGT = 0x20, BPF_JGE = 0x30, BPF_JSET = 0x40, BPF_JNE = 0x50,
                    BPF_JSGT = 0x60, BPF_JSGE = 0x70, BPF_CALL = 0x80, BPF_EXIT = 0x90, BPF_JLT = 0xa0, BPF_JLE = 0xb0,
                    BPF_JSLT = 0xc0, BPF_JSLE = 0xd0, BPF_JCOND = 0xe0;
// Atomic operations (imm of STX|ATOMIC): an ALU op, optionally | BPF_FETCH, or one of these.
inline constexpr s32 BPF_FETCH = 0x01, BPF_XCHG = 0xe1, BPF_CMPXCHG = 0xf1, BPF_LOAD_ACQ = 0x100, BPF_STORE_REL = 0x110;
// src field of ld_imm64 (0x18).
inline constexpr u8 BPF_PSEUDO_MAP_FD = 1, BPF_PSEUDO_MAP_VALUE = 2, BPF_PSEUDO_BTF_ID = 3, BPF_PSEUDO_FUNC = 4,
                    BPF_PSEUDO_MAP_IDX = 5, BPF_PSEUDO_MAP_IDX_VALUE = 6;
// src field of a call.
inline constexpr u8 BPF_PSEUDO_CALL = 1, BPF_PSEUDO_KFUNC_CALL = 2;
// src field of JCOND.
inline constexpr u8 BPF_MAY_GOTO = 0;

inline constexpr u8 kLdImm64 = BPF_LD | BPF_IMM | BPF_DW;  // 0x18
inline constexpr int kNumRegs = 11;                        // R0-R9 and the frame pointer R10
inline constexpr int kFramePtr = 10;

constexpr u8 insn_class(u8 code) { return code & 7; }
constexpr u8 insn_size(u8 code) { return code & 0x18; }
constexpr u8 insn_mode(u8 code) { return code & 0xe0; }
constexpr u8 insn_op(u8 code) { return code & 0xf0; }
constexpr bool insn_is_x(u8 code) { return code & BPF_X; }

// Bytes accessed by a load or store: 1, 2, 4 or 8.
constexpr int size_bytes(u8 code) {
  constexpr int kBytes[] = {4, 2, 1, 8};
  return kBytes[(code & 0x18) >> 3];
}

constexpr bool is_jmp_class(u8 code) { return insn_class(code) == BPF_JMP || insn_class(code) == BPF_JMP32; }
constexpr bool is_ldimm64(const Insn& insn) { return insn.code == kLdImm64; }
constexpr bool is_call(const Insn& insn) { return insn.code == (BPF_JMP | BPF_CALL); }
constexpr bool is_helper_call(const Insn& insn) { return is_call(insn) && insn.src == 0; }
constexpr bool is_pseudo_call(const Insn& insn) { return is_call(insn) && insn.src == BPF_PSEUDO_CALL; }
constexpr bool is_kfunc_call(const Insn& insn) { return is_call(insn) && insn.src == BPF_PSEUDO_KFUNC_CALL; }
constexpr bool is_pseudo_func(const Insn& insn) { return is_ldimm64(insn) && insn.src == BPF_PSEUDO_FUNC; }
constexpr bool is_exit(const Insn& insn) { return insn.code == (BPF_JMP | BPF_EXIT); }
constexpr bool is_may_goto(const Insn& insn) { return insn.code == (BPF_JMP | BPF_JCOND) && insn.src == BPF_MAY_GOTO; }
constexpr bool is_goto(const Insn& insn) {
  return insn.code == (BPF_JMP | BPF_JA) || insn.code == (BPF_JMP32 | BPF_JA);
}
// Jump distance of `goto` (off) or `gotol` (imm), relative to the next instruction.
constexpr s32 goto_offset(const Insn& insn) { return insn.code == (BPF_JMP32 | BPF_JA) ? insn.imm : insn.off; }
// A conditional jump, may_goto included.
constexpr bool is_cond_jmp(const Insn& insn) {
  u8 op = insn_op(insn.code);
  return is_jmp_class(insn.code) && op != BPF_JA && op != BPF_CALL && op != BPF_EXIT;
}
constexpr bool is_atomic(const Insn& insn) {
  return insn_class(insn.code) == BPF_STX && insn_mode(insn.code) == BPF_ATOMIC;
}
constexpr bool is_atomic_load(const Insn& insn) { return is_atomic(insn) && insn.imm == BPF_LOAD_ACQ; }
constexpr bool is_atomic_store(const Insn& insn) { return is_atomic(insn) && insn.imm == BPF_STORE_REL; }
// An addr_space_cast: `rX = addr_space_cast(rY, ...)`.
constexpr bool is_addr_space_cast(const Insn& insn) {
  return insn.code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn.off == 1;
}
// The 64-bit immediate of the two slots of a ld_imm64.
constexpr u64 ldimm64_value(const Insn* insn) { return u64{u32(insn[0].imm)} | u64{u32(insn[1].imm)} << 32; }

}  // namespace skep::isa
