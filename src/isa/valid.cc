// The reserved-field rules: the column "zero" of opcodes.def, then the rules in which one field depends on another.
#include "isa/valid.h"

#include <fmt/printf.h>

#include "isa/atomic_ops.h"
#include "isa/opcodes.h"

namespace skep::isa {
namespace {

constexpr char kCastSpaces[] = "addr_space_cast insn can only convert between address space 1 and 0";
// imm of an addr_space_cast: target space << 16 | source space.
constexpr s32 kCastToArena = 1, kCastToUser = 1 << 16;

// What the kernel says to a wrong field of the row's kind of instruction. Null: loads, whose fields the static pass
// checks.
const char* message_of(const OpcodeRow& row) {
  switch (row.shape) {
    case Shape::AluReg: return "BPF_ALU uses reserved fields";
    case Shape::AluImm:
      return insn_op(row.code) == BPF_MOV ? "BPF_MOV uses reserved fields" : "BPF_ALU uses reserved fields";
    case Shape::Neg: return "BPF_NEG uses reserved fields";
    case Shape::End: return "BPF_END uses reserved fields";
    case Shape::MovReg: return "BPF_MOV uses reserved fields";
    case Shape::LoadImm64: return "BPF_LD_IMM64 uses reserved fields";
    case Shape::LoadAbs:
    case Shape::LoadInd: return "BPF_LD_[ABS|IND] uses reserved fields";
    case Shape::Load:
    case Shape::LoadSx: return nullptr;
    case Shape::StoreReg: return "BPF_STX uses reserved fields";
    case Shape::StoreImm: return "BPF_ST uses reserved fields";
    case Shape::Atomic: return kInvalidAtomicOp;
    case Shape::JumpReg:
    case Shape::JumpImm: return "BPF_JMP/JMP32 uses reserved fields";
    case Shape::Goto:
    case Shape::GotoLong: return "BPF_JA uses reserved fields";
    case Shape::MayGoto: return kInvalidMayGoto;
    case Shape::Call: return "BPF_CALL uses reserved fields";
    case Shape::Exit: return "BPF_EXIT uses reserved fields";
  }
  return nullptr;
}

u8 used_fields(const Insn& insn) {
  return (insn.dst ? kDst : 0) | (insn.src ? kSrc : 0) | (insn.off ? kOff : 0) | (insn.imm ? kImm : 0);
}

// off of DIV and MOD chooses signed (1) or unsigned (0); the other operations have it in the zero column.
bool alu_off_ok(const Insn& insn) {
  u8 op = insn_op(insn.code);
  return (op != BPF_DIV && op != BPF_MOD) || insn.off == 0 || insn.off == 1;
}

// off of a register move is the width to sign-extend from.
bool mov_reg_ok(const Insn& insn) {
  bool width_ok =
      insn.off == 0 || insn.off == 8 || insn.off == 16 || (insn.off == 32 && insn_class(insn.code) == BPF_ALU64);
  return width_ok && insn.imm == 0;
}

const char* mov_reg_error(const Insn& insn, const char* message) {
  if (!is_addr_space_cast(insn)) return mov_reg_ok(insn) ? nullptr : message;
  return insn.imm == kCastToArena || insn.imm == kCastToUser ? nullptr : kCastSpaces;
}

const char* atomic_error(const Insn& insn) {
  if (is_atomic_load(insn) || is_atomic_store(insn)) return nullptr;
  if (insn.imm != BPF_XCHG && insn.imm != BPF_CMPXCHG && !atomic_op(insn.imm & ~BPF_FETCH)) return kInvalidAtomicOp;
  return size_bytes(insn.code) < 4 ? "invalid atomic operand size" : nullptr;
}

bool call_ok(const Insn& insn) { return insn.src <= BPF_PSEUDO_KFUNC_CALL && (insn.off == 0 || is_kfunc_call(insn)); }

bool ldimm64_src_ok(const Insn& first, const Insn& second) {
  bool is_map = first.src == BPF_PSEUDO_MAP_FD || first.src == BPF_PSEUDO_MAP_IDX;
  return first.src <= BPF_PSEUDO_MAP_IDX_VALUE && !(is_map && second.imm);
}

const char* ldimm64_error(const Insn* insn, size_t left) {
  if (left < 2 || insn[1].code || insn[1].dst || insn[1].src || insn[1].off) return "invalid bpf_ld_imm64 insn";
  return ldimm64_src_ok(insn[0], insn[1]) ? nullptr : "unrecognized bpf_ld_imm64 insn";
}

}  // namespace

const char* reserved_fields_error(const Insn& insn) {
  const OpcodeRow* row = opcode_row(insn.code);
  const char* message = row ? message_of(*row) : nullptr;
  if (!message) return nullptr;
  if (used_fields(insn) & row->zero) return message;
  switch (row->shape) {
    case Shape::AluReg:
    case Shape::AluImm: return alu_off_ok(insn) ? nullptr : message;
    case Shape::MovReg: return mov_reg_error(insn, message);
    case Shape::End: return insn.imm == 16 || insn.imm == 32 || insn.imm == 64 ? nullptr : message;
    case Shape::Atomic: return atomic_error(insn);
    case Shape::Call: return call_ok(insn) ? nullptr : message;
    default: return nullptr;  // the zero column says it all
  }
}

const char* static_pass_error(const Insn* insn, size_t left) {
  if (insn_class(insn->code) == BPF_LDX) {
    u8 mode = insn_mode(insn->code);
    if ((mode != BPF_MEM && mode != BPF_MEMSX) || insn->imm) return "BPF_LDX uses reserved fields";
  }
  if (is_ldimm64(*insn)) return ldimm64_error(insn, left);
  return opcode_row(insn->code) ? nullptr : kUnknownOpcode;
}

std::string field_message(const char* message, const Insn& insn) {
  int number = message == kUnknownOpcode ? insn.code : insn.imm;
  return fmt::sprintf(message, number);
}

}  // namespace skep::isa
