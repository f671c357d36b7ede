// Division and remainder. x86 divides rdx:rax only, and knows no division by zero; what BPF says of zero, and of the
// smallest number by -1, is done on the side (divide_edges). Divisors known beforehand are multiplied by their
// reciprocal: T. Granlund, P. L. Montgomery, Division by Invariant Integers using Multiplication, 1994; for 32 bits:
// D. Lemire, O. Kaser, N. Kurz, Faster Remainder by Direct Computation, 2019.
#include <bit>

#include "engine/jit/emitter.h"

namespace skep::engine::native {
namespace {

using Wide = unsigned __int128;

// q = (high half of x * factor) >> shift; or, with `add`, t = high half: q = (((x - t) >> 1) + t) >> shift.
struct Reciprocal {
  u64 factor = 0;
  u32 shift = 0;
  bool add = false;
};

// Of a divisor that is no power of two.
Reciprocal reciprocal_64(u64 divisor) {
  const u32 log = 63 - u32(std::countl_zero(divisor));
  const Wide power = Wide(1) << (64 + log);
  const u64 quotient = u64(power / divisor), rest = u64(power % divisor);
  if (divisor - rest < u64(1) << log) return {quotient + 1, log, false};
  const u64 twice_rest = rest * 2;
  const bool carries = twice_rest >= divisor || twice_rest < rest;
  return {quotient * 2 + (carries ? 1 : 0) + 1, log, true};
}

// Exact for x and divisor below 2^32.
Reciprocal reciprocal_32(u32 divisor) { return {~u64(0) / divisor + 1, 0, false}; }

}  // namespace

void Emitter::divide(const Op& op, u32 i) {
  const u16 number = u16(op.code) - u16(OpCode::Div64R);
  const bool is_signed = op.code >= OpCode::SDiv64R, modulo = number / 4 % 2 == 1, is_64 = number % 4 < 2;
  if (number % 2 == 0) return divide_reg(op, i, is_64, is_signed, modulo);
  const s64 imm = op.imm;
  if (!is_signed && (bmi2_ || std::has_single_bit(is_64 ? u64(imm) : u64(u32(imm)))))
    return divide_imm(op, i, is_64, modulo);
  move_imm(x86::r11, is_64 ? u64(imm) : u64(u32(imm)));
  // Zero does not get through the verifier.
  if (s32(imm) != -1) return divide_by_r11(op, i, is_64, is_signed, modulo);
  const Gp d = sized(is_64, op.dst);
  if (!is_signed) return divide_by_r11(op, i, is_64, is_signed, modulo);
  if (modulo)
    a_.xor_(d.r32(), d.r32());
  else
    a_.neg(d);
}

// --- by a constant ------------------------------------------------------------------------------------------------

void Emitter::divide_imm(const Op& op, u32 i, bool is_64, bool modulo) {
  const u64 divisor = is_64 ? u64(op.imm) : u64(u32(op.imm));
  const Gp d = sized(is_64, op.dst), q = sized(is_64, x86::r11), t = sized(is_64, x86::r9);
  if (std::has_single_bit(divisor)) {
    if (!modulo) return shift_imm(OpCode::Rsh64R, is_64, op.dst, u32(std::countr_zero(divisor)));
    if (divisor - 1 <= 0x7fffffff) return and_imm(is_64, op.dst, s32(divisor - 1));
    move_imm(x86::r11, divisor - 1);
    a_.and_(r64(op.dst), x86::r11);  // 64 bits with a divisor of 2^63, or 32 bits with 2^31, whose mask has 31
    return;
  }
  const Reciprocal r = is_64 ? reciprocal_64(divisor) : reciprocal_32(u32(divisor));
  multiply_high(is_64, op.dst, r.factor, i);
  if (r.add) {
    a_.mov(t, d);
    a_.sub(t, q);
    a_.shr(t, 1);
    a_.add(q, t);
  }
  if (r.shift) a_.shr(q, r.shift);
  if (!modulo) {
    a_.mov(d, q);
    return;
  }
  a_.imul(q, q, s32(divisor));  // what -1 and its like are in 64 bits is their sign extension
  a_.sub(d, q);
}

// r11 = high half of register x times factor; r10 is lost.
void Emitter::multiply_high(bool is_64, u32 x, u64 factor, u32 i) {
  constexpr u32 kRdx = 3;  // BPF register
  const bool keep = x != kRdx && wanted(i, kRdx);
  if (keep) a_.mov(x86::r10, x86::rdx);
  if (!is_64 || x != kRdx) a_.mov(sized(is_64, kRdx), sized(is_64, x));
  a_.mov(x86::r11, factor);
  a_.mulx(x86::r11, x86::r11, x86::r11, x86::rdx);
  if (keep) a_.mov(x86::rdx, x86::r10);
}

// --- by a register ------------------------------------------------------------------------------------------------

void Emitter::divide_reg(const Op& op, u32 i, bool is_64, bool is_signed, bool modulo) {
  const Gp divisor = sized(is_64, x86::r11);
  DivideEdge edge{a_.newLabel(), {}, a_.newLabel(), op.dst, is_64, modulo};
  a_.mov(divisor, sized(is_64, op.src));
  a_.test(divisor, divisor);
  a_.jz(edge.zero);
  if (is_signed) {
    edge.minus_one = a_.newLabel();
    a_.cmp(divisor, -1);
    a_.je(edge.minus_one);
  }
  divide_by_r11(op, i, is_64, is_signed, modulo);
  a_.bind(edge.back);
  edges_.push_back(edge);
}

void Emitter::divide_by_r11(const Op& op, u32 i, bool is_64, bool is_signed, bool modulo) {
  constexpr u32 kRax = 0, kRdx = 3;  // BPF registers
  const Gp divisor = sized(is_64, x86::r11), d = sized(is_64, op.dst);
  const Gp result = sized(is_64, modulo ? kRdx : kRax);
  const bool keep_rax = op.dst != kRax && wanted(i, kRax), keep_rdx = op.dst != kRdx && wanted(i, kRdx);
  if (keep_rax) a_.mov(x86::r10, x86::rax);
  if (keep_rdx) a_.mov(x86::r9, x86::rdx);
  if (op.dst != kRax) a_.mov(sized(is_64, kRax), d);
  if (!is_signed) {
    a_.xor_(x86::edx, x86::edx);
    a_.div(divisor);
  } else {
    if (is_64)
      a_.cqo();
    else
      a_.cdq();
    a_.idiv(divisor);
  }
  if (result.id() != d.id()) a_.mov(d, result);
  if (keep_rax) a_.mov(x86::rax, x86::r10);
  if (keep_rdx) a_.mov(x86::rdx, x86::r9);
}

// By zero: 0, or the dividend as remainder. By -1: the negative, or 0.
void Emitter::divide_edges() {
  for (const DivideEdge& edge : edges_) {
    const Gp d = sized(edge.is_64, edge.dst);
    a_.bind(edge.zero);
    if (!edge.modulo)
      a_.xor_(d.r32(), d.r32());
    else if (!edge.is_64)
      a_.mov(d, d);
    a_.jmp(edge.back);
    if (!edge.minus_one.isValid()) continue;
    a_.bind(edge.minus_one);
    if (edge.modulo)
      a_.xor_(d.r32(), d.r32());
    else
      a_.neg(d);
    a_.jmp(edge.back);
  }
}

}  // namespace skep::engine::native
