// Loops: counted, by may_goto, nested, over a pointer; with values that change on the way.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

void counted_loop(Gen& g) {
  Code& c = g.code;
  const int n = g.rng.pick({2, 3, 5, 10, 20});
  const int s = g.slot();
  const Label head = c.label(), done = c.label();
  const bool bounded = g.rng.chance(75);
  const bool in_slot = g.rng.chance(25);
  c.mov(8, 0);
  if (in_slot) c.stx(BPF_DW, kFramePtr, s, 8);
  if (g.rng.chance(30)) g.unknown(7);
  c.bind(head);
  if (!bounded) c.may_goto(done);
  if (in_slot) c.ldx(BPF_DW, 8, kFramePtr, s);
  switch (g.rng.below(6)) {
    case 0: c.movx(1, 9), c.alux(BPF_ADD, 1, 8), c.ldx(g.size_code(), 3, 1, 0); break;
    case 1: g.unknown(7), c.jmp(BPF_JEQ, 7, 5, done); break;
    case 2: {
      const Label over = c.label();
      g.condition(7, over);
      c.alu(BPF_ADD, 7, 1);
      c.bind(over);
      break;
    }
    case 3: c.stx(BPF_DW, kFramePtr, g.slot(), 8); break;
    case 4: c.alu(g.rng.pick({BPF_ADD, BPF_LSH, BPF_XOR}), 7, 1); break;
    default: break;
  }
  c.alu(BPF_ADD, 8, g.rng.pick({1, 1, 2}), g.rng.chance(85));
  if (in_slot) c.stx(BPF_DW, kFramePtr, s, 8);
  if (bounded) {
    if (!g.rng.permille(2)) c.jmp(BPF_JGT, 8, 40, done);
    c.jmp(g.rng.pick({BPF_JLT, BPF_JLT, BPF_JLT, BPF_JSLT, BPF_JNE}), 8, n, head, g.rng.chance(90));
  } else {
    if (!g.rng.permille(2)) c.jmp(BPF_JGT, 8, n, done);
    c.jump(head);
  }
  c.bind(done);
  if (g.rng.chance(50)) {
    c.movx(1, 9);
    c.alux(BPF_ADD, 1, 8);
    c.ldx(g.size_code(), 3, 1, 0);
  }
  c.mov(7, 0);
}

}  // namespace

std::span<const SegmentRow> loop_segments() {
  static constexpr SegmentRow kRows[] = {{1, 0, counted_loop}};
  return kRows;
}

}  // namespace skep::fuzz
