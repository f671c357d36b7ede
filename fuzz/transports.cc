// Ways for the value in r8 to leave the register and come back; between the two stands a place where states are kept,
// so that the way back is what precision has to trace.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

struct Transports {
  // Forgets the value in the register.
  static void forget(Gen& g) {
    if (g.rng.chance(60)) g.code.mov(8, 0);
    g.checkpoint();
  }

  static void reg(Gen& g) {
    const int by = g.rng.range(1, 5);
    g.code.movx(by, 8);
    forget(g);
    g.code.movx(8, by);
  }
  static void spill(Gen& g) {
    const int s = g.slot();
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    forget(g);
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  static void narrow_spill(Gen& g) {
    const int s = g.slot();
    const u8 size = g.rng.pick({BPF_W, BPF_W, BPF_H, BPF_B});
    if (g.rng.chance(30)) g.fill(s, 8);
    g.code.stx(size, kFramePtr, s, 8);
    forget(g);
    g.code.ldx(g.rng.chance(80) ? size : BPF_W, 8, kFramePtr, s, g.rng.chance(15) && size != BPF_DW);
  }
  static void partial_fill(Gen& g) {
    const int s = g.slot();
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    forget(g);
    const u8 size = g.rng.pick({BPF_W, BPF_H, BPF_B});
    g.code.ldx(size, 8, kFramePtr, s + (g.rng.chance(25) ? 4 : 0), g.rng.chance(20));
  }
  static void overwritten(Gen& g) {
    const int s = g.slot();
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    g.checkpoint();
    if (g.rng.chance(50)) {
      g.code.st(g.rng.pick({BPF_B, BPF_H, BPF_W}), kFramePtr, s + 4, 0);
    } else {
      g.code.stx(BPF_W, kFramePtr, s + 4, 8);
    }
    forget(g);
    g.code.ldx(g.rng.pick({BPF_DW, BPF_W}), 8, kFramePtr, s);
  }
  static void aliased_slot(Gen& g) {
    const int s = g.slot(), shift = 8 * g.rng.range(-4, 4), by = g.rng.range(1, 5);
    g.code.movx(by, kFramePtr);
    g.code.alu(BPF_ADD, by, s + shift);
    if (g.rng.chance(50)) {
      g.code.stx(BPF_DW, by, -shift, 8);
      forget(g);
      g.code.ldx(BPF_DW, 8, kFramePtr, s);
    } else {
      g.code.stx(BPF_DW, kFramePtr, s, 8);
      forget(g);
      g.code.ldx(BPF_DW, 8, by, -shift);
    }
  }
  // One side leaves a constant written by an immediate, the other the register.
  static void stored_constant(Gen& g) {
    const int s = g.slot();
    const Label other = g.code.label(), join = g.code.label();
    g.unknown(7);
    g.condition(7, other);
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    g.code.jump(join);
    g.code.bind(other);
    g.code.st(g.rng.pick({BPF_DW, BPF_DW, BPF_W}), kFramePtr, s, g.rng.pick({0, 0, 1, 8}));
    g.code.bind(join);
    forget(g);
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  static void stack_zero(Gen& g) {
    const int s = g.slot();
    const Label other = g.code.label();
    g.fill(s, 8);
    g.unknown(7);
    g.condition(7, other);
    if (g.rng.chance(50)) {
      g.code.st(BPF_B, kFramePtr, s + g.rng.range(0, 7), 0);
    } else {
      g.code.stx(g.size_code(), kFramePtr, s, 8);
    }
    g.code.bind(other);
    forget(g);
    g.code.ldx(g.size_code(), 8, kFramePtr, s);
  }
  static void atomic_stack(Gen& g) {  // no fetch: what a fetch gives is not traced to the slot by Linux 6.18
    const int s = g.slot();
    g.code.st(BPF_DW, kFramePtr, s, g.rng.pick({0, 0, 8}));
    g.code.atomic(BPF_DW, kFramePtr, s, 8, g.rng.pick({s32(BPF_ADD), s32(BPF_OR), s32(BPF_XOR), s32(BPF_AND)}));
    forget(g);
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  static void atomic_value(Gen& g) {
    const int off = 8 * g.rng.range(0, 5);
    g.restore_value_pointer();
    const s32 op = g.rng.pick({s32(BPF_ADD) | BPF_FETCH, s32(BPF_OR) | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG});
    if (op == BPF_CMPXCHG) g.code.mov(0, 0);
    g.code.movx(3, 8);
    g.code.atomic(g.rng.pick({BPF_DW, BPF_W}), 9, off, 3, op);
    forget(g);
    g.code.movx(8, op == BPF_CMPXCHG ? 0 : 3);
  }
  static void acquire_release(Gen& g) {
    const int s = g.slot();
    const u8 size = g.rng.pick({BPF_DW, BPF_DW, BPF_W});
    if (size != BPF_DW) g.fill(s, 8);
    g.code.atomic(size, kFramePtr, s, 8, BPF_STORE_REL);
    forget(g);
    g.code.atomic(size, 8, s, kFramePtr, BPF_LOAD_ACQ);
  }
  static void value_memory(Gen& g) {
    const int off = 8 * g.rng.range(0, 5);
    g.code.stx(g.size_code(), 9, off, 8);
    forget(g);
    g.code.ldx(g.size_code(), 8, 9, off);
  }

  // A subprogram: r1 is the value, r2 the map value.
  static void enter(Gen& g) {
    g.code.movx(8, 1);
    g.code.movx(9, 2);
    g.code.mov(7, 1);
  }
  static void leave_with(Gen& g, int reg) {
    g.code.movx(0, reg);
    g.code.exit();
    g.code.bind(g.leave);
    g.code.mov(0, 0);
    g.code.exit();
  }
  static void subprog_arg(Gen& g) {
    const u32 kind = g.rng.below(4);
    const Label callee = g.defer(FuncKind::Static, [&g, kind] {
      g.frame++;
      enter(g);
      if (kind == 1) g.diamonds(40, true);
      if (kind == 2) spill(g);
      if (kind == 3) g.condition(8, g.leave);
      leave_with(g, 8);
      g.frame--;
    });
    const int calls = g.rng.range(1, 2);  // the same callee from two places
    for (int i = 0; i < calls; i++) {
      g.code.movx(1, 8);
      g.code.movx(2, 9);
      if (g.rng.chance(30)) g.code.mov(8, 0);
      g.code.call(callee);
      g.code.movx(8, 0);
    }
  }
  static void subprog_ret(Gen& g) {
    const Label callee = g.defer(FuncKind::Static, [&g] {
      g.frame++;
      enter(g);
      g.diamonds(40, g.rng.chance(80));
      leave_with(g, 8);
      g.frame--;
    });
    g.code.movx(1, 8);
    g.code.movx(2, 9);
    g.code.call(callee);
    g.checkpoint();
    if (g.rng.chance(50)) {
      g.code.movx(8, 0);
    } else {
      g.code.alux(g.rng.pick({BPF_ADD, BPF_AND, BPF_OR}), 8, 0);
    }
  }
  static void global_ret(Gen& g) {
    const Label callee = g.defer(g.rng.chance(80) ? FuncKind::GlobalScalars : FuncKind::GlobalVoid, [&g] {
      g.code.mov(0, g.rng.pick({0, 1, 8}));
      g.code.bind(g.leave);
      g.code.exit();
    });
    g.code.movx(1, 8);
    g.code.mov(2, 1);
    g.code.call(callee);
    if (g.rng.chance(50)) g.code.movx(8, 0);
  }
  // The callee writes the value into the caller's frame.
  static void parent_stack(Gen& g) {
    const int s = g.slot();
    const bool init = g.rng.chance(50);
    if (init) g.fill(s, 8);
    const bool doubt = g.rng.chance(40);
    const u8 size = g.rng.pick({BPF_DW, BPF_DW, BPF_W});
    const Label callee = g.defer(FuncKind::Static, [&g, doubt, size] {
      const Label over = g.code.label();
      if (doubt) g.condition(2, over);
      g.code.stx(size, 1, 0, 2);
      g.code.bind(over);
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    g.code.movx(1, kFramePtr);
    g.code.alu(BPF_ADD, 1, s);
    g.code.movx(2, 8);
    g.code.call(callee);
    forget(g);
    g.code.ldx(g.rng.pick({BPF_DW, size}), 8, kFramePtr, s);
  }
  // A callback finds the value in memory its context argument points to.
  static void callback_ctx(Gen& g) {
    const int s = g.slot();
    const bool writes = g.rng.chance(60);
    const u32 what = g.rng.below(3);
    const Label callback = g.defer(FuncKind::Static, [&g, writes, what] {
      g.code.ldx(BPF_DW, 3, 2, 0);
      if (writes) {
        if (what == 0) g.code.alu(BPF_ADD, 3, 1), g.code.alu(BPF_AND, 3, 7);
        if (what == 1) g.code.mov(3, 8);
        if (what == 2) g.code.alu(BPF_AND, 3, 7);
        g.code.stx(BPF_DW, 2, 0, 3);
      }
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.chance(94) ? g.rng.pick({0, 0, 1}) : 2);
      g.code.exit();
    });
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    g.code.mov(1, g.rng.pick({0, 1, 2, 10}));
    g.code.func_addr(2, callback);
    g.code.movx(3, kFramePtr);
    g.code.alu(BPF_ADD, 3, s);
    g.code.mov(4, 0);
    g.code.call(kLoop);
    forget(g);
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  static void linked(Gen& g) {
    const int by = g.rng.range(1, 5), delta = g.rng.pick({1, 2, 8, -8, 4095});
    const bool wide = g.rng.chance(75);
    g.code.movx(by, 8);
    g.code.alu(BPF_ADD, by, delta, wide);
    if (g.rng.chance(50)) g.code.jmp(g.rng.pick({BPF_JGT, BPF_JSGT, BPF_JEQ}), by, delta + 40, g.leave, wide);
    g.checkpoint();
    if (g.rng.chance(50)) return;  // r8 knows through its link
    g.code.movx(8, by);
    g.code.alu(BPF_SUB, 8, delta, wide);
  }
  static void byte_swap(Gen& g) {
    const int bits = g.rng.pick({16, 32, 64});
    const u8 code = g.rng.pick({u8(BPF_ALU | BPF_END | BPF_TO_BE), u8(BPF_ALU64 | BPF_END), u8(BPF_ALU | BPF_END)});
    g.code.raw(code, 8, 0, 0, bits);
    g.checkpoint();
    if (g.rng.chance(80)) g.code.raw(code, 8, 0, 0, bits);
  }
  static void sign_extended(Gen& g) {
    const bool wide = g.rng.chance(70);
    g.code.alux(BPF_MOV, g.rng.chance(50) ? 8 : 3, 8, wide, g.rng.pick({8, 16, wide ? 32 : 16}));
    g.checkpoint();
  }
  static void narrow_mov(Gen& g) {
    if (g.rng.chance(50)) {
      g.code.alux(BPF_MOV, 8, 8, false);
    } else {
      g.code.alux(BPF_MOV, 3, 8, false);
      forget(g);
      g.code.movx(8, 3);
    }
  }
  static void shifted(Gen& g) {
    const int by = g.rng.pick({32, 32, 16, 56, 3});
    g.code.alu(BPF_LSH, 8, by);
    g.checkpoint();
    g.code.alu(g.rng.pick({BPF_RSH, BPF_ARSH}), 8, by);
  }
  static void negated(Gen& g) {
    const bool wide = g.rng.chance(70);
    g.code.raw(u8((wide ? BPF_ALU64 : BPF_ALU) | BPF_NEG), 8, 0, 0, 0);
    g.checkpoint();
    g.code.raw(u8((wide ? BPF_ALU64 : BPF_ALU) | BPF_NEG), 8, 0, 0, 0);
  }
  static void mixed(Gen& g) {
    const bool wide = g.rng.chance(70);
    const u8 op = g.rng.pick({BPF_XOR, BPF_ADD, BPF_OR, BPF_MUL, BPF_AND});
    g.code.mov(3, g.rng.pick({0, 1, 7, -1}));
    if (g.rng.chance(40)) g.unknown(7), g.code.alu(BPF_AND, 7, 7), g.code.movx(3, 7);
    g.code.alux(op, 3, 8, wide);
    forget(g);
    g.code.movx(8, 3);
  }
};

std::span<const TransportRow> transports() {
  using T = Transports;
  static constexpr TransportRow kRows[] = {
      {"reg", T::reg},
      {"spill", T::spill},
      {"narrow_spill", T::narrow_spill},
      {"partial_fill", T::partial_fill},
      {"overwritten", T::overwritten},
      {"aliased_slot", T::aliased_slot},
      {"stored_constant", T::stored_constant},
      {"stack_zero", T::stack_zero},
      {"atomic_stack", T::atomic_stack},
      {"atomic_value", T::atomic_value},
      {"acquire_release", T::acquire_release},
      {"value_memory", T::value_memory},
      {"subprog_arg", T::subprog_arg},
      {"subprog_ret", T::subprog_ret},
      {"global_ret", T::global_ret},
      {"parent_stack", T::parent_stack},
      {"callback_ctx", T::callback_ctx},
      {"linked", T::linked},
      {"byte_swap", T::byte_swap},
      {"sign_extended", T::sign_extended},
      {"narrow_mov", T::narrow_mov},
      {"shifted", T::shifted},
      {"negated", T::negated},
      {"mixed", T::mixed},
  };
  return kRows;
}

}  // namespace skep::fuzz
