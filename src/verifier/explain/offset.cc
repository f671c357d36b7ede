// See offset.h.
#include "verifier/explain/offset.h"

#include <bit>

namespace skep::verifier {

namespace {

bool is_alu64(const isa::Insn& insn) { return isa::insn_class(insn.code) == isa::BPF_ALU64; }

// What the number was multiplied with since it was last something else than shifted or multiplied.
u64 scale_of(const Env& env, const Trace& trace, Loc loc, int step) {
  u64 scale = 1;
  constexpr int kMaxSteps = 4;
  for (int i = 0; i < kMaxSteps; i++) {
    const Change* change = trace.change_before(loc, step);
    if (!change || change->step < 0) return scale;
    const isa::Insn& insn = env.insns[size_t(trace.step(change->step).insn)];
    const bool alu = is_alu64(insn) || isa::insn_class(insn.code) == isa::BPF_ALU;
    if (!alu || loc.reg != insn.dst) return scale;
    const u8 op = isa::insn_op(insn.code);
    if (op == isa::BPF_MOV && isa::insn_is_x(insn.code)) {
      loc.reg = insn.src;
    } else if (op == isa::BPF_LSH && !isa::insn_is_x(insn.code) && insn.imm < 16) {
      scale <<= insn.imm;
    } else if (op == isa::BPF_MUL && !isa::insn_is_x(insn.code) && insn.imm > 0) {
      scale *= u64(insn.imm);
    } else {
      return scale;
    }
    step = change->step;
  }
  return scale;
}

// A compiler that shifts right and left again leaves no multiplication, but a number that is known to be one of 2, 4
// or 8.
u64 alignment_of(const RegState& number) {
  constexpr int kMostBits = 3;
  const u64 known_zero = ~(number.var.var_off.value | number.var.var_off.mask);
  const int bits = std::countr_one(known_zero);
  return number.var.is_const() || bits > kMostBits ? 1 : u64{1} << bits;
}

}  // namespace

Offset offset_of(const Env& env, const Trace& trace, Loc loc, int step) {
  constexpr int kMaxSteps = 32;
  for (int i = 0; i < kMaxSteps; i++) {
    const Change* change = trace.change_before(loc, step);
    if (!change || change->step < 0 || loc.reg < 0) return {};
    const isa::Insn& insn = env.insns[size_t(trace.step(change->step).insn)];
    step = change->step;
    if (!is_alu64(insn) || loc.reg != insn.dst || !isa::insn_is_x(insn.code)) {
      if (is_alu64(insn) || isa::is_cond_jmp(insn)) continue;
      return {};
    }
    if (isa::insn_op(insn.code) == isa::BPF_MOV) {
      loc.reg = insn.src;
      continue;
    }
    const bool adds_source = trace.reg_before(loc.frame, insn.src, step).is_scalar();
    Offset offset{step, loc.frame, adds_source ? int(insn.src) : int(insn.dst), 1};
    offset.scale = scale_of(env, trace, Loc::of_reg(loc.frame, offset.regno), step);
    if (offset.scale == 1) offset.scale = alignment_of(trace.reg_before(loc.frame, offset.regno, step));
    return offset;
  }
  return {};
}

}  // namespace skep::verifier
