// Instruction -> text, byte for byte as the kernel's log prints it, also for forms that the verifier then refuses: the
// text is printed before the check. One function per shape of opcodes.h.
#include "isa/disasm.h"

#include <fmt/format.h>

#include "isa/atomic_ops.h"
#include "isa/opcodes.h"

namespace skep::isa {
namespace {

// 'r' or 'w': the 32-bit classes show the low half of a register.
char reg_letter(u8 code) { return insn_class(code) == BPF_ALU || insn_class(code) == BPF_JMP32 ? 'w' : 'r'; }

// Signed division and modulo are the same opcodes with off 1.
const char* sign_prefix(const Insn& insn) {
  u8 op = insn_op(insn.code);
  return (op == BPF_DIV || op == BPF_MOD) && insn.off == 1 ? "s" : "";
}

std::string text_of_alu(const Insn& insn, const OpcodeRow& row) {
  char r = reg_letter(insn.code);
  std::string head = fmt::format("{}{} {}{} ", r, insn.dst, sign_prefix(insn), row.op);
  return insn_is_x(insn.code) ? fmt::format("{}{}{}", head, r, insn.src) : fmt::format("{}{}", head, insn.imm);
}

// "(s8)" of a sign-extending move: off is its width in bits. The 32-bit class prints (s32) too, though it is not a
// valid form.
const char* movsx_cast(const Insn& insn) {
  switch (insn.off) {
    case 8: return "(s8)";
    case 16: return "(s16)";
    case 32: return "(s32)";
    default: return "";
  }
}

std::string text_of_mov_reg(const Insn& insn) {
  if (is_addr_space_cast(insn)) {
    u32 imm = static_cast<u32>(insn.imm);
    return fmt::format("r{} = addr_space_cast(r{}, {}, {})", insn.dst, insn.src, imm >> 16, imm & 0xffff);
  }
  if (insn_class(insn.code) == BPF_ALU64 && insn.off == kMovPercpuOff)
    return fmt::format("r{} = &(void __percpu *)(r{})", insn.dst, insn.src);
  char r = reg_letter(insn.code);
  return fmt::format("{}{} = {}{}{}", r, insn.dst, movsx_cast(insn), r, insn.src);
}

std::string text_of_ldimm64(const Insn* insn, const DisasmNames& names) {
  u64 value = names.imm64 ? names.imm64(insn) : ldimm64_value(insn);
  return fmt::format("r{} = 0x{:x}", insn->dst, value);
}

// "(u64 *)(r10 -8)"
std::string text_of_cell(std::string_view type, unsigned base, s16 off) {
  return fmt::format("({} *)(r{} {:+d})", type, base, off);
}

// Empty if imm is no atomic operation.
std::string text_of_atomic(const Insn& insn, const OpcodeRow& row) {
  if (is_atomic_load(insn))
    return fmt::format("r{} = load_acquire({})", insn.dst, text_of_cell(row.op, insn.src, insn.off));
  std::string cell = text_of_cell(row.op, insn.dst, insn.off);
  if (is_atomic_store(insn)) return fmt::format("store_release({}, r{})", cell, insn.src);
  const char* bits = insn_size(insn.code) == BPF_DW ? "64" : "";
  if (insn.imm == BPF_XCHG) return fmt::format("r{0} = atomic{1}_xchg({2}, r{0})", insn.src, bits, cell);
  if (insn.imm == BPF_CMPXCHG) return fmt::format("r0 = atomic{}_cmpxchg({}, r0, r{})", bits, cell, insn.src);
  const AtomicOp* op = atomic_op(insn.imm & ~BPF_FETCH);
  if (!op) return {};
  if (insn.imm & BPF_FETCH) return fmt::format("r{0} = atomic{1}_fetch_{2}({3}, r{0})", insn.src, bits, op->name, cell);
  return fmt::format("lock *{} {} r{}", cell, op->op, insn.src);
}

std::string text_of_cond_jump(const Insn& insn, std::string_view op) {
  char r = reg_letter(insn.code);
  std::string right =
      insn_is_x(insn.code) ? fmt::format("{}{}", r, insn.src) : fmt::format("0x{:x}", static_cast<u32>(insn.imm));
  return fmt::format("if {}{} {} {} goto pc{:+d}", r, insn.dst, op, right, insn.off);
}

// The operator of a JCOND that is no may_goto has no name in the kernel either.
std::string text_of_may_goto(const Insn& insn) {
  return is_may_goto(insn) ? fmt::format("may_goto pc{:+d}", insn.off) : text_of_cond_jump(insn, "(null)");
}

std::string text_of_call(const Insn& insn, const DisasmNames& names) {
  if (is_pseudo_call(insn)) return fmt::format("call pc{:+d}", insn.imm);
  bool has_name = is_helper_call(insn) || is_kfunc_call(insn);
  if (has_name && names.call) return "call " + names.call(insn);
  return fmt::format("call {}#{}", is_kfunc_call(insn) ? "kfunc" : "unknown", insn.imm);
}

std::string text_of(const Insn* at, const OpcodeRow& row, const DisasmNames& names) {
  const Insn& insn = *at;
  switch (row.shape) {
    case Shape::AluReg:
    case Shape::AluImm: return text_of_alu(insn, row);
    case Shape::Neg: return fmt::format("{0}{1} = -{0}{1}", reg_letter(insn.code), insn.dst);
    case Shape::End: return fmt::format("r{0} = {1}{2} r{0}", insn.dst, row.op, insn.imm);
    case Shape::MovReg: return text_of_mov_reg(insn);
    case Shape::LoadImm64: return text_of_ldimm64(at, names);
    case Shape::LoadAbs: return fmt::format("r0 = *({} *)skb[{}]", row.op, insn.imm);
    case Shape::LoadInd: return fmt::format("r0 = *({} *)skb[r{} + {}]", row.op, insn.src, insn.imm);
    case Shape::Load:
    case Shape::LoadSx: return fmt::format("r{} = *{}", insn.dst, text_of_cell(row.op, insn.src, insn.off));
    case Shape::StoreReg: return fmt::format("*{} = r{}", text_of_cell(row.op, insn.dst, insn.off), insn.src);
    case Shape::StoreImm: return fmt::format("*{} = {}", text_of_cell(row.op, insn.dst, insn.off), insn.imm);
    case Shape::Atomic: return text_of_atomic(insn, row);
    case Shape::JumpReg:
    case Shape::JumpImm: return text_of_cond_jump(insn, row.op);
    case Shape::Goto: return fmt::format("goto pc{:+d}", insn.off);
    case Shape::GotoLong: return fmt::format("gotol pc{:+d}", insn.imm);
    case Shape::MayGoto: return text_of_may_goto(insn);
    case Shape::Call: return text_of_call(insn, names);
    case Shape::Exit: return "exit";
  }
  return {};
}

// An instruction without a text. Only the plain form, for an atomic of a wrong imm, ever reaches a log: the others are
// unknown opcodes.
std::string bug_text(u8 code) {
  switch (insn_class(code)) {
    case BPF_ST: return fmt::format("BUG_st_{:02x}", code);
    case BPF_LDX: return fmt::format("BUG_ldx_{:02x}", code);
    case BPF_LD: return fmt::format("BUG_ld_{:02x}", code);
    default: return fmt::format("BUG_{:02x}", code);
  }
}

}  // namespace

std::string disassemble(const Insn* insn, const DisasmNames& names) {
  const OpcodeRow* row = opcode_row(insn->code);
  std::string text = row ? text_of(insn, *row, names) : std::string();
  return text.empty() ? bug_text(insn->code) : fmt::format("({:02x}) {}", insn->code, text);
}

}  // namespace skep::isa
