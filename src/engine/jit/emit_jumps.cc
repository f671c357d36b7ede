// Jumps. A side that the verifier never went to is left out.
#include <cstddef>

#include "engine/jit/emitter.h"

namespace skep::engine::native {
namespace {

using x86::CondCode;

// In the order of ops.def, after a comparison of dst with the operand.
constexpr CondCode kConditions[] = {
    CondCode::kEqual,      CondCode::kNotEqual,   CondCode::kUnsignedGT, CondCode::kUnsignedGE,
    CondCode::kUnsignedLT, CondCode::kUnsignedLE, CondCode::kNotZero,    CondCode::kSignedGT,
    CondCode::kSignedGE,   CondCode::kSignedLT,   CondCode::kSignedLE,
};

// Operations of a tight loop.
constexpr u32 kMostTight = 8;

// Few bytes, and nothing but the next operation comes after it.
bool is_simple(OpCode code) {
  if (in(code, OpCode::Div64R, OpCode::SMod32I)) return false;
  if (in(code, OpCode::Ld8, OpCode::ArenaLdS32)) return (u16(code) - u16(OpCode::Ld8)) % 3 != 2;
  if (in(code, OpCode::St8R, OpCode::ArenaSt64I)) return (u16(code) - u16(OpCode::St8R)) % 4 < 2;
  return in(code, OpCode::Add64R, OpCode::Low32) || in(code, OpCode::MovS8To64, OpCode::MovS16To32);
}

}  // namespace

asmjit::Label Emitter::label_of(u32 i) {
  if (!labels_[i].isValid()) labels_[i] = a_.newLabel();
  return labels_[i];
}

// A jump forward whose target lies within 127 bytes of its end. Jumps backward know where they go.
bool Emitter::is_near(u32 from, u32 to) const {
  return knows_sizes() && to > from && known_bytes(from, to) <= options_.near_bytes;
}

// Nothing is emitted in between.
bool Emitter::falls_to(u32 from, u32 to) const {
  for (u32 i = from + 1; i < to; ++i)
    if (reachable(i)) return false;
  return to > from;
}

// Of a branch: what is compared, and the condition under which it is taken.
x86::CondCode Emitter::compare(const Op& op, u32 i) {
  const u32 number = u32(op.code) - u32(OpCode::Jeq64R), form = number % 4;
  const CondCode condition = kConditions[number / 4];
  const bool is_64 = form < 2, is_test = condition == CondCode::kNotZero && number / 4 == 6;
  const Gp d = sized(is_64, op.dst);
  const s32 imm = s32(op.imm);
  if (i > current_->start && tests_bits(i - 1)) {
    const Op& mask = code_.ops[i - 1];
    const s32 bits = s32(mask.imm);
    a_.test(sized(is_64 && mask.code == OpCode::And64I && bits < 0, op.dst), bits);
  } else if (form % 2 == 0) {
    if (is_test)
      a_.test(d, sized(is_64, op.src));
    else
      a_.cmp(d, sized(is_64, op.src));
  } else if (is_test) {
    a_.test(is_64 && imm < 0 ? d : d.r32(), imm);
  } else if (imm == 0) {
    a_.test(d, d);
  } else {
    a_.cmp(d, imm);
  }
  return condition;
}

void Emitter::branch(const Op& op, u32 i) {
  const u32 to = u32(op.off);
  const bool taken = reachable(to), not_taken = reachable(i + 1);
  if (!taken && !not_taken) return stop_in(stop_for_unreachable);
  if (!taken || falls_to(i, to)) return;
  if (!not_taken) return jump(i, to);
  jump_if(compare(op, i), i, to);
}

void Emitter::jump_if(CondCode condition, u32 from, u32 to) {
  if (!is_backward(from, to)) {
    if (is_near(from, to)) a_.short_();
    a_.j(condition, label_of(to));
    return;
  }
  const Label stay = a_.newLabel();
  a_.short_().j(x86::negateCond(condition), stay);
  jump(from, to);
  a_.bind(stay);
}

void Emitter::jump(u32 from, u32 to) {
  if (falls_to(from, to)) return;
  if (is_backward(from, to)) spend();
  if (is_near(from, to)) a_.short_();
  a_.jmp(label_of(to));
}

void Emitter::spend() {
  const Label enough = a_.newLabel();
  a_.sub(x86::qword_ptr(x86::r12, offsetof(RunWords, budget)), 1);
  a_.short_().jnc(enough);
  stop_in(stop_for_budget);
  a_.bind(enough);
}

// A few simple operations, and a jump back.
bool Emitter::is_tight_loop(u32 head) const {
  const u32 end = analysis_.ops[head].loop_end;
  if (options_.budget || end == 0 || end - head >= kMostTight) return false;
  const Op& jump = code_.ops[end];
  if (!is_branch(jump.code) || u32(jump.off) != head || !reachable(end + 1)) return false;
  for (u32 i = head; i < end; ++i)
    if (!is_simple(code_.ops[i].code) || analysis_.ops[i + 1].target) return false;
  return true;
}

// Where both copies lie in one cache line, as far as is known; the jump out of the first will be shorter.
bool Emitter::is_written_twice(u32 head) const {
  constexpr u32 kShorter = 4;
  const u32 end = analysis_.ops[head].loop_end;
  return is_tight_loop(head) && (!knows_sizes() || known_bytes(head, end + 1) <= kLine + kShorter);
}

// One after the other: half of the jumps back are gone.
u32 Emitter::loop_twice(u32 head) {
  const u32 end = analysis_.ops[head].loop_end;
  const Label out = a_.newLabel();
  for (u32 i = head; i < end;) i += step(i);
  const CondCode again = compare(code_.ops[end], end);
  if (knows_sizes()) a_.short_();
  a_.j(x86::negateCond(again), out);
  for (u32 i = head; i < end;) i += step(i);
  jump_if(compare(code_.ops[end], end), end, head);
  a_.bind(out);
  return end + 1 - head;
}

// The count stays at 0 once it is there.
void Emitter::may_goto(const Op& op, u32 i) {
  const Label go_on = a_.newLabel();
  a_.sub(slot(kMayGoto), 1);
  a_.short_().jnc(go_on);
  a_.mov(slot(kMayGoto), 0);
  jump(i, u32(op.off));
  a_.bind(go_on);
}

}  // namespace skep::engine::native
