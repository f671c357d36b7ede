// Programs that Linux 6.18 accepts although it should not are never loaded, not even to compare verdicts. The generator
// makes none of them on purpose; a mutation could, so here mutated programs are looked at instruction by instruction.
#include "fuzz/program.h"

namespace skep::fuzz {
namespace {

using namespace isa;

constexpr s32 kCsumDiff = 28, kRingbufReserve = 131, kRingbufReserveDynptr = 198;

bool has_helper(const Program& program, s32 id) {
  for (const Insn& insn : program.insns)
    if (is_helper_call(insn) && insn.imm == id) return true;
  return false;
}

// A JMP32 equality with 0 of what may be a pointer: its low half may be 0.
bool is_jmp32_equality(const Insn& insn) {
  const u8 op = insn_op(insn.code);
  return insn_class(insn.code) == BPF_JMP32 && (op == BPF_JEQ || op == BPF_JNE) &&
         (insn_is_x(insn.code) || insn.imm == 0);
}

// An atomic that reads a slot of the stack as a value; only the generator knows that its base is no stack pointer.
bool is_fetch(const Insn& insn) {
  return is_atomic(insn) && insn.imm != BPF_LOAD_ACQ && insn.imm != BPF_STORE_REL && (insn.imm & BPF_FETCH);
}

}  // namespace

bool may_be_known_unsound(const Program& program, bool mutated) {
  if (!mutated) return false;
  const bool has_record = has_helper(program, kRingbufReserve) || has_helper(program, kRingbufReserveDynptr);
  if (has_helper(program, kCsumDiff)) return true;
  for (size_t i = 0; i < program.insns.size(); i++) {
    const Insn& insn = program.insns[i];
    if (is_jmp32_equality(insn) || is_fetch(insn)) return true;
    if (has_record && insn.code == (BPF_ALU64 | BPF_ADD | BPF_X)) return true;
    if (is_ldimm64(insn)) i++;
  }
  return false;
}

}  // namespace skep::fuzz
