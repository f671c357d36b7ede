// Segments about arena memory: allocated or by a cast, read, written, counted on, handed to functions.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

constexpr s16 kCast = 1;          // offset of a MOV that changes the address space
constexpr s32 kToKernel = 1;      // imm: from space 1 to space 0
constexpr s32 kToUser = 1 << 16;  // from space 0 to space 1

struct Arenas {
  static void cast(Gen& g, int dst, int src, s32 spaces) {
    g.code.raw(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, kCast, spaces);
  }
  // r8 = a pointer into the arena.
  static void pointer(Gen& g) {
    if (g.has(kSleeps) && g.rng.chance(60)) {
      g.code.map(1, kArena);
      g.code.mov(2, 0);
      g.code.mov(3, 1);
      g.code.mov(4, -1);
      g.code.mov(5, 0);
      g.kfunc(kArenaAlloc);
      if (g.rng.chance(70)) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
      return g.slip() ? g.code.movx(8, 0) : cast(g, 8, 0, kToKernel);
    }
    if (!g.slip()) g.code.map(1, kArena);
    g.rng.chance(60) ? g.code.mov(1, g.rng.pick({0, 8, 4096})) : g.code.ldx(BPF_DW, 1, 9, 0);
    cast(g, 8, 1, g.slip() ? kToUser : kToKernel);
  }
  static void access(Gen& g) {
    const int off = g.rng.pick({0, 0, 8, 4095, -8});
    switch (g.rng.below(5)) {
      case 0: return g.code.ldx(g.size_code(), 7, 8, off);
      case 1: return g.code.st(g.size_code(), 8, off, 1);
      case 2: return g.code.stx(g.size_code(), 8, off, 7);
      case 3: {
        g.code.mov(0, 0);
        g.code.mov(3, 1);
        const s32 op = g.rng.pick({s32(BPF_ADD), s32(BPF_OR), s32(BPF_ADD | BPF_FETCH), BPF_XCHG, BPF_CMPXCHG});
        return g.code.atomic(g.rng.pick({BPF_DW, BPF_W}), 8, 0, 3, op);
      }
      default: return g.code.ldx(g.rng.pick({BPF_B, BPF_H, BPF_W}), 7, 8, off, g.slip());
    }
  }
  static void memory(Gen& g) {
    pointer(g);
    g.unknown(7);
    const int n = g.rng.range(1, 4);
    for (int i = 0; i < n; i++) {
      access(g);
      if (g.rng.chance(20)) g.code.alux(BPF_ADD, 8, 7);
      if (g.rng.chance(15)) g.code.alu(g.rng.pick({BPF_ADD, BPF_SUB, BPF_AND, BPF_MUL}), 8, 8);
      if (g.rng.chance(15)) g.doubt();
    }
    if (g.rng.chance(20)) cast(g, 8, 8, kToUser);
    if (g.rng.chance(20)) access(g);
    if (g.slip()) g.code.movx(1, 9), g.code.alux(BPF_ADD, 1, 8), g.code.ldx(BPF_B, 3, 1, 0);
  }
  static void list(Gen& g) {  // follows pointers
    const Label head = g.code.label(), done = g.code.label();
    pointer(g);
    g.code.bind(head);
    g.code.may_goto(done);
    g.code.jmp(BPF_JEQ, 8, 0, done);
    g.code.ldx(BPF_DW, 3, 8, 8);
    g.code.ldx(BPF_DW, 8, 8, 0);
    cast(g, 8, 8, kToKernel);
    g.code.jump(head);
    g.code.bind(done);
  }
  static void argument(Gen& g) {
    const Label callee = g.defer(FuncKind::Arena, [&g] {
      g.code.ldx(g.size_code(), 3, 1, 0);
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    pointer(g);
    g.code.movx(1, g.slip() ? 9 : 8);
    g.code.call(callee);
  }
};

}  // namespace

std::span<const SegmentRow> arena_segments() {
  using A = Arenas;
  static constexpr SegmentRow kRows[] = {{20, 0, A::memory}, {6, 0, A::list}, {6, 0, A::argument}};
  return kRows;
}

}  // namespace skep::fuzz
