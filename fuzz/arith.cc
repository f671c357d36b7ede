// Arithmetic at random on three scalars, with comparisons between, then something that shows what is known of them.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

constexpr s64 kImmediates[] = {0,    1,      -1,   2,  7,       8,   31, 63, 255, 0x7fffffff, -0x7fffffff - 1,
                               0x80, 0xffff, 4096, -8, 0x10000, 1024};

int scalar(Rng& rng) { return rng.pick({7, 8, 4}); }

void one_op(Code& c, Rng& rng) {
  const bool wide = rng.chance(55);
  const int dst = scalar(rng);
  const u8 op = rng.pick({BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD,
                          BPF_XOR, BPF_MOV, BPF_ARSH, BPF_NEG, BPF_END});
  const int bits = wide ? 64 : 32;
  switch (op) {
    case BPF_NEG: return c.raw(u8((wide ? BPF_ALU64 : BPF_ALU) | BPF_NEG), dst, 0, 0, 0);
    case BPF_END:
      return c.raw(u8((wide ? BPF_ALU64 : BPF_ALU) | BPF_END | (wide ? 0 : rng.pick({0, 8}))), dst, 0, 0,
                   rng.pick({16, 32, 64}));
    case BPF_LSH:
    case BPF_RSH:
    case BPF_ARSH:
      if (rng.chance(75)) return c.alu(op, dst, rng.range(0, bits - (rng.chance(99) ? 1 : 0)), wide);
      break;
    case BPF_MOV:
      if (rng.chance(50)) return c.alux(op, dst, scalar(rng), wide, rng.pick({0, 0, 8, 16, wide ? 32 : 8}));
      break;
    case BPF_DIV:
    case BPF_MOD: {
      const int off = rng.chance(35) ? 1 : 0;
      if (rng.chance(50)) return c.alux(op, dst, scalar(rng), wide, off);
      return c.raw(u8((wide ? BPF_ALU64 : BPF_ALU) | op), dst, 0, off, rng.pick({1, 2, 3, 7, -1, 16, 1000}));
    }
    default: break;
  }
  if (rng.chance(45)) return c.alux(op, dst, scalar(rng), wide);
  const bool is_shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
  c.alu(op, dst, is_shift ? 3 : rng.pick(kImmediates), wide);
}

void one_branch(Code& c, Rng& rng, Label out) {
  const u8 op = rng.pick(
      {BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET});
  const bool wide = rng.chance(55);
  if (rng.chance(35)) {
    c.jmpx(op, scalar(rng), scalar(rng), out, wide);
  } else {
    c.jmp(op, scalar(rng), rng.pick(kImmediates), out, wide);
  }
}

void arithmetic(Gen& g) {
  Code& c = g.code;
  g.unknown(7);
  g.unknown(8);
  c.ldx(g.size_code(), 4, 9, 16);
  const int n = g.rng.range(4, 16);
  Label over = c.label();
  for (int i = 0; i < n; i++) {
    one_op(c, g.rng);
    if (g.rng.chance(30)) {
      if (g.rng.chance(50)) {
        one_branch(c, g.rng, g.leave);
      } else {
        one_branch(c, g.rng, over);
        if (g.rng.chance(60)) c.bind(over), over = c.label();
      }
    }
  }
  if (g.rng.chance(70)) {  // bring it into range and use it
    c.alu(g.rng.pick({BPF_AND, BPF_AND, BPF_MOD}), 8, g.rng.pick({31, 32, 40}), g.rng.chance(60));
    if (g.rng.chance(85)) c.jmp(BPF_JGT, 8, 40, g.leave);
    c.movx(1, 9);
    c.alux(BPF_ADD, 1, 8);
    c.ldx(g.size_code(), 3, 1, 0);
  }
  c.bind(over);
  c.mov(8, 0);
}

}  // namespace

std::span<const SegmentRow> arith_segments() {
  static constexpr SegmentRow kRows[] = {{1, 0, arithmetic}};
  return kRows;
}

}  // namespace skep::fuzz
