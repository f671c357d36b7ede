// Programs that Linux 6.18 accepts although it should not are never loaded, not even to compare verdicts. The generator
// makes none of them on purpose; a mutation could, so here mutated programs are looked at instruction by instruction.
#include <algorithm>

#include "fuzz/world.h"

namespace skep::fuzz {
namespace {

using namespace isa;

constexpr s32 kCsumDiff = 28, kRingbufReserve = 131, kKptrXchg = 194, kRingbufReserveDynptr = 198;

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

bool is_jump_target(const Program& program, size_t at) {
  for (size_t i = 0; i < program.insns.size(); i++) {
    const Insn& insn = program.insns[i];
    const bool jumps = is_goto(insn) || is_cond_jmp(insn);
    const s64 distance = insn.code == (BPF_JMP32 | BPF_JA) ? insn.imm : insn.off;
    if (jumps && s64(i) + 1 + distance == s64(at)) return true;
  }
  return false;
}

// The register that a kfunc takes the map of its work from, or -1. Another pointer there makes the load an oops.
int map_register(const Insn& insn, const World& world) {
  if (!is_kfunc_call(insn)) return -1;
  if (insn.imm == world.kfuncs[kWqInit]) return 2;
  return insn.imm == world.kfuncs[kTaskWorkSignal] || insn.imm == world.kfuncs[kTaskWorkResume] ? 3 : -1;
}
bool may_take_a_pointer_for_a_map(const Program& program, const World& world) {
  for (size_t i = 0; i < program.insns.size(); i++) {
    const int reg = map_register(program.insns[i], world);
    if (reg < 0) continue;
    if (i < 2 || is_jump_target(program, i)) return true;
    const Insn& load = program.insns[i - 2];
    if (load.code != kLdImm64 || load.src != BPF_PSEUDO_MAP_FD || load.dst != reg) return true;
  }
  return false;
}

// Linux looks for the BTF of whatever pointer a struct_ops program returns: a memory pointer's size is then an address.
// So these return numbers, as anyone can see.
bool may_return_a_pointer(const Program& program) {
  if (program.prog_type != BPF_PROG_TYPE_STRUCT_OPS) return false;
  for (size_t i = 0; i < program.insns.size(); i++) {
    if (!is_exit(program.insns[i])) continue;
    if (i == 0 || is_jump_target(program, i)) return true;
    const Insn& before = program.insns[i - 1];
    if (before.code != (BPF_ALU64 | BPF_MOV | BPF_K) || before.dst != 0) return true;
  }
  return false;
}

// Linux does not follow the exception callback when dead functions before it are removed, and reads past its array of
// functions. So it must be the second, after one that is never dead.
bool may_lose_its_callback(const Program& program) {
  for (size_t f = 0; f < program.funcs.size(); f++)
    if (program.funcs[f].kind == FuncKind::Handler && f != 1) return true;
  return false;
}

bool may_be_an_oops(const Program& program, const World& world) {
  return may_take_a_pointer_for_a_map(program, world) || may_return_a_pointer(program) ||
         may_lose_its_callback(program);
}

// The size of a slice without a buffer, and that there is none, are not traced: whatever does not stand right before
// the call is not for Linux.
bool has_untraced_slice(const Program& program, const World& world) {
  for (size_t i = 0; i < program.insns.size(); i++) {
    const Insn& insn = program.insns[i];
    const bool slices =
        is_kfunc_call(insn) && (insn.imm == world.kfuncs[kDynptrSlice] || insn.imm == world.kfuncs[kDynptrSliceRdwr]);
    if (!slices) continue;
    if (i == 0 || is_jump_target(program, i)) return true;
    const Insn& size = program.insns[i - 1];
    if (size.code != (BPF_ALU64 | BPF_MOV | BPF_K) || size.dst != 4) return true;
  }
  return false;
}

// Before an event's bytes.
bool is_negative_offset(const Program& program, const Insn& insn) {
  return program.prog_type == BPF_PROG_TYPE_TRACEPOINT && insn_class(insn.code) == BPF_LDX && insn.off < 0;
}

}  // namespace

bool may_be_known_unsound(const Program& program, const World& world, bool mutated) {
  if (may_be_an_oops(program, world) || has_untraced_slice(program, world)) return true;
  if (!mutated) return false;
  const bool has_reference = std::any_of(program.insns.begin(), program.insns.end(), [](const Insn& insn) {
    return is_kfunc_call(insn) ||
           (is_helper_call(insn) && (insn.imm == kRingbufReserve || insn.imm == kRingbufReserveDynptr));
  });
  if (has_helper(program, kCsumDiff) || has_helper(program, kKptrXchg)) return true;
  for (size_t i = 0; i < program.insns.size(); i++) {
    const Insn& insn = program.insns[i];
    if (is_jmp32_equality(insn) || is_fetch(insn) || is_negative_offset(program, insn)) return true;
    if (has_reference && insn.code == (BPF_ALU64 | BPF_ADD | BPF_X)) return true;
    if (is_ldimm64(insn)) i++;
  }
  return false;
}

}  // namespace skep::fuzz
