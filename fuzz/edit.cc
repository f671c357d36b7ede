// See edit.h.
#include "fuzz/edit.h"

namespace skep::fuzz {
namespace {

using namespace isa;

bool splits_insn(const Program& program, size_t at, size_t n) {
  for (size_t i = 0; i < program.insns.size(); i++) {
    if (!is_ldimm64(program.insns[i])) continue;
    if ((i >= at && i < at + n) != (i + 1 >= at && i + 1 < at + n)) return true;
    i++;
  }
  return false;
}

bool empties_function(const Program& program, size_t at, size_t n) {
  for (size_t f = 0; f < program.funcs.size(); f++) {
    const size_t start = program.funcs[f].start;
    const size_t end = f + 1 < program.funcs.size() ? program.funcs[f + 1].start : program.insns.size();
    if (start >= at && end <= at + n) return true;
  }
  return false;
}

// Distance of a jump or call from the slot after it, wherever the instruction keeps it; nullptr: it has none.
s32 distance(const Insn& insn) {
  if (is_pseudo_call(insn) || is_pseudo_func(insn) || insn.code == (BPF_JMP32 | BPF_JA)) return insn.imm;
  return insn.off;
}
bool has_distance(const Insn& insn) {
  return is_pseudo_call(insn) || is_pseudo_func(insn) || is_goto(insn) || is_cond_jmp(insn);
}
void set_distance(Insn& insn, s32 value) {
  if (is_pseudo_call(insn) || is_pseudo_func(insn) || insn.code == (BPF_JMP32 | BPF_JA)) {
    insn.imm = value;
  } else {
    insn.off = s16(value);
  }
}

}  // namespace

bool remove_insns(Program& program, size_t at, size_t n) {
  if (at + n >= program.insns.size() + 1 || splits_insn(program, at, n) || empties_function(program, at, n))
    return false;
  const auto moved = [&](s64 place) {
    return place <= s64(at) ? place : place < s64(at + n) ? s64(at) : place - s64(n);
  };
  for (size_t i = 0; i < program.insns.size(); i++) {
    Insn& insn = program.insns[i];
    if (has_distance(insn)) set_distance(insn, s32(moved(s64(i) + 1 + distance(insn)) - (moved(s64(i)) + 1)));
    if (is_ldimm64(insn)) i++;
  }
  program.insns.erase(program.insns.begin() + long(at), program.insns.begin() + long(at + n));
  for (Func& func : program.funcs) func.start = u32(moved(func.start));
  return true;
}

void insert_insns(Program& program, size_t at, const std::vector<Insn>& insns) {
  const s64 n = s64(insns.size());
  // Where an instruction goes, and where those go who jump to it.
  const auto moved = [&](s64 place) { return place < s64(at) ? place : place + n; };
  const auto target = [&](s64 place) { return place <= s64(at) ? place : place + n; };
  for (size_t i = 0; i < program.insns.size(); i++) {
    Insn& insn = program.insns[i];
    if (has_distance(insn)) set_distance(insn, s32(target(s64(i) + 1 + distance(insn)) - (moved(s64(i)) + 1)));
    if (is_ldimm64(insn)) i++;
  }
  program.insns.insert(program.insns.begin() + long(at), insns.begin(), insns.end());
  for (Func& func : program.funcs) func.start = u32(target(func.start));
}

}  // namespace skep::fuzz
