// Arithmetic but division. 32-bit forms zero the upper half of their destination, as BPF wants it.
#include <bit>

#include "engine/jit/emitter.h"

namespace skep::engine::native {
namespace {

constexpr bool is_shift(OpCode base) {
  return base == OpCode::Lsh64R || base == OpCode::Rsh64R || base == OpCode::Arsh64R;
}

}  // namespace

void Emitter::move_imm(Gp to, u64 value) {
  if (value == 0)
    a_.xor_(to.r32(), to.r32());
  else if (value <= 0xffffffff)
    a_.mov(to.r32(), u32(value));
  else
    a_.mov(to.r64(), value);
}

// The four forms of an operation stand in the order 64R, 64I, 32R, 32I.
void Emitter::alu(const Op& op) {
  const u16 form = (u16(op.code) - u16(OpCode::Add64R)) % 4;
  const OpCode base = OpCode(u16(op.code) - form);
  if (form % 2 == 0) return alu_reg(base, form == 0, op.dst, op.src);
  alu_imm(base, form == 1, op.dst, s32(op.imm));
}

void Emitter::alu_reg(OpCode base, bool is_64, u32 dst, u32 src) {
  const Gp d = sized(is_64, dst), s = sized(is_64, src);
  switch (base) {
    case OpCode::Add64R: a_.add(d, s); return;
    case OpCode::Sub64R: a_.sub(d, s); return;
    case OpCode::Mul64R: a_.imul(d, s); return;
    case OpCode::Or64R: a_.or_(d, s); return;
    case OpCode::And64R: a_.and_(d, s); return;
    case OpCode::Xor64R: a_.xor_(d, s); return;
    case OpCode::Mov64R:
      if (!is_64 || dst != src) a_.mov(d, s);
      return;
    default: shift_reg(base, is_64, dst, src);
  }
}

void Emitter::alu_imm(OpCode base, bool is_64, u32 dst, s32 imm) {
  const Gp d = sized(is_64, dst);
  if (is_shift(base)) return shift_imm(base, is_64, dst, u32(imm) & (is_64 ? 63 : 31));
  switch (base) {
    case OpCode::Add64R: a_.add(d, imm); return;
    case OpCode::Sub64R: a_.sub(d, imm); return;
    case OpCode::Mul64R: return multiply_imm(is_64, dst, imm);
    case OpCode::Or64R: a_.or_(d, imm); return;
    case OpCode::And64R: return and_imm(is_64, dst, imm);
    case OpCode::Xor64R: a_.xor_(d, imm); return;
    default: break;  // Mov
  }
  if (is_64 && imm < 0)
    a_.mov(d, imm);
  else
    move_imm(d, u32(imm));
}

void Emitter::and_imm(bool is_64, u32 dst, s32 imm) {
  if (imm == 0xff)
    a_.movzx(r32(dst), r64(dst).r8());
  else if (imm == 0xffff)
    a_.movzx(r32(dst), r64(dst).r16());
  else
    a_.and_(sized(is_64 && imm < 0, dst), imm);  // the upper half of the result is 0
}

void Emitter::multiply_imm(bool is_64, u32 dst, s32 factor) {
  const Gp d = sized(is_64, dst), whole = r64(dst);
  switch (factor) {
    case 3: a_.lea(d, x86::ptr(whole, whole, 1)); return;
    case 5: a_.lea(d, x86::ptr(whole, whole, 2)); return;
    case 9: a_.lea(d, x86::ptr(whole, whole, 3)); return;
    default: break;
  }
  if (factor > 0 && std::has_single_bit(u32(factor)))
    return shift_imm(OpCode::Lsh64R, is_64, dst, u32(std::countr_zero(u32(factor))));
  a_.imul(d, d, factor);
}

// --- shifts -------------------------------------------------------------------------------------------------------

void Emitter::shift_reg(OpCode base, bool is_64, u32 dst, u32 src) {
  const Gp d = sized(is_64, dst), s = sized(is_64, src);
  if (bmi2_) {
    if (base == OpCode::Lsh64R) a_.shlx(d, d, s);
    if (base == OpCode::Rsh64R) a_.shrx(d, d, s);
    if (base == OpCode::Arsh64R) a_.sarx(d, d, s);
    return;
  }
  const Gp value = sized(is_64, x86::r11);
  a_.mov(value, d);
  if (s.id() != x86::rcx.id()) {
    a_.mov(x86::r10, x86::rcx);
    a_.mov(x86::ecx, r32(src));
  }
  shift_by_cl(base, value);
  if (s.id() != x86::rcx.id()) a_.mov(x86::rcx, x86::r10);
  a_.mov(d, value);
}

void Emitter::shift_by_cl(OpCode base, Gp value) {
  if (base == OpCode::Lsh64R) a_.shl(value, x86::cl);
  if (base == OpCode::Rsh64R) a_.shr(value, x86::cl);
  if (base == OpCode::Arsh64R) a_.sar(value, x86::cl);
}

void Emitter::shift_imm(OpCode base, bool is_64, u32 dst, u32 count) {
  const Gp d = sized(is_64, dst);
  if (count == 0) {
    if (!is_64) a_.mov(d, d);
    return;
  }
  if (base == OpCode::Lsh64R) a_.shl(d, count);
  if (base == OpCode::Rsh64R) a_.shr(d, count);
  if (base == OpCode::Arsh64R) a_.sar(d, count);
}

// --- one operand --------------------------------------------------------------------------------------------------

void Emitter::unary(const Op& op) {
  const Gp d = r64(op.dst), half = r32(op.dst);
  switch (op.code) {
    case OpCode::Neg64: a_.neg(d); return;
    case OpCode::Neg32: a_.neg(half); return;
    case OpCode::Swap16:
      a_.ror(d.r16(), 8);
      a_.movzx(half, d.r16());
      return;
    case OpCode::Swap32: a_.bswap(half); return;
    case OpCode::Swap64: a_.bswap(d); return;
    case OpCode::Low16: a_.movzx(half, d.r16()); return;
    default: a_.mov(half, half);  // Low32
  }
}

void Emitter::move_extended(const Op& op) {
  const Gp d = r64(op.dst), s = r64(op.src);
  switch (op.code) {
    case OpCode::MovS8To64: a_.movsx(d, s.r8()); return;
    case OpCode::MovS16To64: a_.movsx(d, s.r16()); return;
    case OpCode::MovS32To64: a_.movsxd(d, s.r32()); return;
    case OpCode::MovS8To32: a_.movsx(d.r32(), s.r8()); return;
    default: a_.movsx(d.r32(), s.r16());  // MovS16To32
  }
}

}  // namespace skep::engine::native
