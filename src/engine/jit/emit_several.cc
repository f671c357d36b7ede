// Operations that are one instruction together.
#include <bit>

#include "engine/jit/emitter.h"

namespace skep::engine::native {
namespace {

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

bool is_move(OpCode code) { return code == OpCode::Mov64R || code == OpCode::Mov32R; }
bool is_and(OpCode code) { return code == OpCode::And64I || code == OpCode::And32I; }

// Bits of what a shift by a register works on; 0: it is none.
u32 shift_width(OpCode code) {
  switch (code) {
    case OpCode::Lsh64R:
    case OpCode::Rsh64R:
    case OpCode::Arsh64R: return 64;
    case OpCode::Lsh32R:
    case OpCode::Rsh32R:
    case OpCode::Arsh32R: return 32;
    default: return 0;
  }
}

}  // namespace

// How many operations it took care of; 0: none begins here.
u32 Emitter::several(u32 i) {
  const OpCode code = code_.ops[i].code;
  if (is_branch(code)) return branch_around(i);
  if (is_and(code)) return tests_bits(i) ? 1 : masked_shift(i);
  if (code == OpCode::Lsh64I) {
    const u32 n = zero_extension(i);
    return n ? n : scaled_sum(i);
  }
  if (!is_move(code)) return 0;
  u32 n = rotation(i);
  if (n == 0) n = masked_shift(i);
  return n ? n : sum(i);
}

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

// t &= 63, d is shifted by t: shifts look at no more bits than that. Before it perhaps t = a, and before the shift a
// number that d becomes.
u32 Emitter::masked_shift(u32 i) {
  const std::vector<Op>& ops = code_.ops;
  const auto goes_on = [&](u32 k) { return k < current_->end && !analysis_.ops[k].target; };
  u32 at = i;
  const bool copies = is_move(ops[at].code);
  const u32 t = ops[i].dst, count = copies ? ops[i].src : t;
  if (copies && (count == t || !goes_on(++at))) return 0;
  const Op& mask = ops[at];
  if (!is_and(mask.code) || mask.dst != t || !goes_on(++at)) return 0;
  const bool has_number = is_number(ops[at].code);
  const Op& number = ops[at];
  if (has_number && (number.dst == t || number.dst == count || !goes_on(++at))) return 0;
  const Op& shift = ops[at];
  const u32 width = shift_width(shift.code);
  if (width == 0 || shift.src != t || shift.dst == t || wanted(at, t)) return 0;
  if ((u32(mask.imm) & (width - 1)) != width - 1) return 0;
  if (has_number) any(number, at - 1);
  alu_reg(width == 64 ? shift.code : OpCode(u16(shift.code) - 2), width == 64, shift.dst, count);
  return at + 1 - i;
}

// Whether operation i and the branch after it are one test of bits: t &= a number, if t is (not) 0.
bool Emitter::tests_bits(u32 i) const {
  if (!is_and(code_.ops[i].code) || i + 1 >= current_->end || analysis_.ops[i + 1].target) return false;
  const Op &mask = code_.ops[i], &jump = code_.ops[i + 1];
  const bool compares =
      in(jump.code, OpCode::Jeq64R, OpCode::Jne32I) && jump.imm == 0 && (u16(jump.code) - u16(OpCode::Jeq64R)) % 2 == 1;
  return compares && jump.dst == mask.dst && !wanted(i + 1, mask.dst);
}

// A branch over a jump.
u32 Emitter::branch_around(u32 i) {
  const Op& op = code_.ops[i];
  if (u32(op.off) != i + 2 || i + 2 >= current_->end || analysis_.ops[i + 1].target) return 0;
  const Op& jump = code_.ops[i + 1];
  const u32 to = u32(jump.off);
  if (jump.code != OpCode::Jump || !reachable(i + 2) || !reachable(to) || falls_to(i + 1, to)) return 0;
  jump_if(x86::negateCond(compare(op, i)), i, to);
  return 2;
}

// --- sums ---------------------------------------------------------------------------------------------------------

// t = a, perhaps t <<= 1 to 3, then t += b, t += a number, or both; a number alone is not added to what was shifted.
// The lower halves of all but the last may be enough for it.
Emitter::Sum Emitter::sum_at(u32 i) const {
  const std::vector<Op>& ops = code_.ops;
  const u32 t = ops[i].dst, a = ops[i].src;
  const auto goes_on = [&](u32 k) { return k < current_->end && !analysis_.ops[k].target && ops[k].dst == t; };
  bool whole = ops[i].code == OpCode::Mov64R;
  u32 at = i + 1;
  if (!is_move(ops[i].code) || t == a || !goes_on(at)) return {};
  Sum sum{.dst = t, .base = a};
  u32 shift = 0;
  if ((ops[at].code == OpCode::Lsh64I || ops[at].code == OpCode::Lsh32I) && ops[at].imm >= 1 && ops[at].imm <= 3) {
    shift = u32(ops[at].imm);
    whole = whole && ops[at].code == OpCode::Lsh64I;
    ++at;
  }
  bool has_offset = false;
  for (; goes_on(at); ++at) {
    const OpCode code = ops[at].code;
    const bool is_64 = code == OpCode::Add64R || code == OpCode::Add64I;
    const bool reg = code == OpCode::Add64R || code == OpCode::Add32R;
    if ((!is_64 && !reg && code != OpCode::Add32I) || (is_64 && !whole)) break;
    if (reg ? sum.has_index || ops[at].src == t : has_offset || (shift && !sum.has_index)) break;
    if (reg) {
      sum.has_index = true;
      sum.base = ops[at].src;
      sum.index = a;
      sum.shift = shift;
    } else {
      has_offset = true;
      sum.offset = s32(ops[at].imm);
    }
    whole = sum.is_64 = is_64;
    sum.n = at + 1 - i;
  }
  return sum;
}

// The sum, or the load or store at that address behind it, if nobody else wants it; `until`: the operation after it.
u32 Emitter::put_sum(const Sum& sum, u32 until) {
  if (access_at(until, sum)) return until + 1;
  a_.lea(sized(sum.is_64, sum.dst), place_of(sum));
  return until;
}

u32 Emitter::sum(u32 i) {
  const Sum sum = sum_at(i);
  return sum.n ? put_sum(sum, i + sum.n) - i : 0;
}

// b <<= 1 to 3, then a sum with b in it, if b is not wanted any more.
u32 Emitter::scaled_sum(u32 i) {
  const Op& shift = code_.ops[i];
  if (shift.imm < 1 || shift.imm > 3 || i + 1 >= current_->end || analysis_.ops[i + 1].target) return 0;
  Sum sum = sum_at(i + 1);
  if (sum.n == 0 || !sum.is_64 || !sum.has_index || sum.shift != 0 || sum.dst == shift.dst) return 0;
  if (sum.base == shift.dst) std::swap(sum.base, sum.index);
  if (sum.index != shift.dst || sum.base == shift.dst || wanted(i + sum.n, shift.dst)) return 0;
  sum.shift = u32(shift.imm);
  return put_sum(sum, i + 1 + sum.n) - i;
}

}  // namespace skep::engine::native
