// Arithmetic but division. 32-bit forms zero the upper half of their destination, as BPF wants it.
#include <bit>

#include "engine/jit/emitter.h"

namespace skep::engine::native {
namespace {

constexpr bool is_shift(OpCode base) {
  return base == OpCode::Lsh64R || base == OpCode::Rsh64R || base == OpCode::Arsh64R;
}

// How far two shifts, one to the left and one to the right, turn a word to the right; 0: they do not.
u32 rotation_count(const Op& a, const Op& b) {
  const auto makes_up = [](const Op& left, const Op& right, OpCode lsh, OpCode rsh, s64 width) {
    return left.code == lsh && right.code == rsh && left.imm > 0 && right.imm > 0 && left.imm + right.imm == width
               ? u32(right.imm)
               : 0;
  };
  for (const auto& [left, right] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    if (const u32 n = makes_up(*left, *right, OpCode::Lsh64I, OpCode::Rsh64I, 64)) return n;
    if (const u32 n = makes_up(*left, *right, OpCode::Lsh32I, OpCode::Rsh32I, 32)) return n;
  }
  return 0;
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

// --- several at once ----------------------------------------------------------------------------------------------

// BPF has no rotation: compilers write t = a, t >>= n, a <<= 64 - n, a |= t, or u = a, u <<= 64 - n, u |= t. What is
// left over must not be wanted any more. Operation i is a move, of 64 or 32 bits.
u32 Emitter::rotation(u32 i) {
  const std::vector<Op>& ops = code_.ops;
  const u32 room = current_->end - i;
  if (!bmi2_ || room < 4 || ops[i].dst == ops[i].src) return 0;
  const bool copies_twice = room >= 5 && ops[i + 2].code == ops[i].code;
  const u32 n = copies_twice ? 5 : 4;
  for (u32 k = 1; k < n; ++k)
    if (analysis_.ops[i + k].target) return 0;
  const Op &copy = ops[i], &first = ops[i + 1], &second = ops[i + n - 2], &join = ops[i + n - 1];
  const u32 t = copy.dst, a = copy.src;
  const u32 other = copies_twice ? ops[i + 2].dst : a;  // what the other shift works on
  if (copies_twice && (ops[i + 2].src != a || other == t || other == a)) return 0;
  const u32 count = rotation_count(first, second);
  const bool in_order = first.dst == t && second.dst == other, crossed = first.dst == other && second.dst == t;
  if (!count || !(in_order || (crossed && !copies_twice))) return 0;
  const bool is_64 = first.code == OpCode::Lsh64I || first.code == OpCode::Rsh64I;
  if (is_64 && copy.code != OpCode::Mov64R) return 0;
  if (join.code != (is_64 ? OpCode::Or64R : OpCode::Or32R) && join.code != OpCode::Or64R) return 0;
  const bool into_t = join.dst == t && join.src == other, into_other = join.dst == other && join.src == t;
  if ((!into_t && !into_other) || wanted(i + n - 1, into_t ? other : t)) return 0;
  a_.rorx(sized(is_64, join.dst), sized(is_64, a), count);
  return n;
}

// Shifts to the left and back by 32, 48 or 56 bits.
u32 Emitter::zero_extension(u32 i) {
  if (i + 1 >= current_->end || analysis_.ops[i + 1].target) return 0;
  const Op &left = code_.ops[i], &right = code_.ops[i + 1];
  if (left.code != OpCode::Lsh64I || left.dst != right.dst || left.imm != right.imm) return 0;
  const bool is_signed = right.code == OpCode::Arsh64I;
  if (!is_signed && right.code != OpCode::Rsh64I) return 0;
  const Gp d = r64(left.dst), half = r32(left.dst);
  switch (left.imm) {
    case 32: is_signed ? a_.movsxd(d, half) : a_.mov(half, half); return 2;
    case 48: is_signed ? a_.movsx(d, d.r16()) : a_.movzx(half, d.r16()); return 2;
    case 56: is_signed ? a_.movsx(d, d.r8()) : a_.movzx(half, d.r8()); return 2;
    default: return 0;
  }
}

// t = a, perhaps t <<= 1 to 3, then t += b or, without a shift, t += a number. The lower halves of all but the last may
// be enough for it.
Emitter::Sum Emitter::sum_at(u32 i) const {
  const std::vector<Op>& ops = code_.ops;
  const u32 t = ops[i].dst, a = ops[i].src;
  const auto goes_on = [&](u32 k) { return k < current_->end && !analysis_.ops[k].target && ops[k].dst == t; };
  bool whole = ops[i].code == OpCode::Mov64R;
  u32 at = i + 1, shift = 0;
  if (t == a || !goes_on(at)) return {};
  if ((ops[at].code == OpCode::Lsh64I || ops[at].code == OpCode::Lsh32I) && ops[at].imm >= 1 && ops[at].imm <= 3) {
    shift = u32(ops[at].imm);
    whole = whole && ops[at].code == OpCode::Lsh64I;
    if (!goes_on(++at)) return {};
  }
  const Op& add = ops[at];
  const bool is_64 = add.code == OpCode::Add64R || add.code == OpCode::Add64I;
  const bool reg = add.code == OpCode::Add64R || add.code == OpCode::Add32R;
  if ((!is_64 && !reg && add.code != OpCode::Add32I) || (is_64 && !whole)) return {};
  if (reg ? add.src == t : shift != 0) return {};
  Mem parts = reg ? x86::ptr(r64(add.src), r64(a), shift) : x86::ptr(r64(a), s32(add.imm));
  return {at + 1 - i, t, is_64, parts};
}

// The sum that begins at operation i; with the load or store at that address behind it, if nobody else wants it.
u32 Emitter::sum(u32 i) {
  const Sum sum = sum_at(i);
  if (sum.n == 0) return 0;
  if (access_at(i + sum.n, sum)) return sum.n + 1;
  a_.lea(sized(sum.is_64, sum.dst), sum.parts);
  return sum.n;
}

}  // namespace skep::engine::native
