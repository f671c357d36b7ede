// Segments about sections: RCU, preemption and interrupts off, locks that may fail, nested and across subprograms.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

struct Sections {
  // What may be done inside; sometimes what may not.
  static void inside(Gen& g) {
    g.doubt();
    switch (g.rng.below(8)) {
      case 0: return g.code.call(kPrandom);
      case 1: return g.code.ldx(BPF_DW, 3, 9, 0);
      case 2:  // sleeps
        if (!g.has(kSleeps) || !g.rng.chance(40)) return;
        g.fill(-32, 8);
        g.stack_address(1, -32);
        g.code.mov(2, 8);
        g.code.mov(3, 0);
        return g.code.call(kCopyFromUser);
      case 3: {
        const Label callee = g.defer(g.slip() ? FuncKind::GlobalVoid : FuncKind::Static, [&g] {
          g.code.call(kPrandom);
          g.code.bind(g.leave);
          g.code.mov(0, 0);
          g.code.exit();
        });
        return g.code.call(callee);
      }
      default: return;
    }
  }

  struct Pair {
    KfuncSlot in, out;
  };
  static void flat(Gen& g) {
    static constexpr Pair kPairs[] = {{kRcuLock, kRcuUnlock}, {kPreemptDisable, kPreemptEnable}};
    const Pair& pair = g.rng.pick(kPairs);
    const int depth = g.rng.chance(25) ? 2 : 1;
    for (int i = 0; i < depth; i++) g.kfunc(pair.in);
    inside(g);
    for (int i = 0; i < depth; i++)
      if (!g.slip()) g.kfunc(pair.out);
    if (g.slip()) g.kfunc(pair.out);
  }
  // Entered on one branch, left on the same condition's: the verifier must keep both apart.
  static void conditional(Gen& g) {
    const Label out = g.code.label(), done = g.code.label();
    g.unknown(7);
    g.code.jmp(BPF_JGT, 7, 5, out);
    g.kfunc(kPreemptDisable);
    g.code.bind(out);
    g.checkpoint();
    g.code.jmp(BPF_JGT, 7, 5, done);
    if (!g.slip()) g.kfunc(kPreemptEnable);
    g.code.bind(done);
  }
  static void in_callee(Gen& g) {  // a static subprogram enters or leaves
    const bool enters = g.rng.chance(50);
    const Label callee = g.defer(FuncKind::Static, [&g, enters] {
      g.kfunc(enters ? kRcuLock : kRcuUnlock);
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    enters ? g.code.call(callee) : g.kfunc(kRcuLock);
    inside(g);
    if (g.slip()) return;
    enters ? g.kfunc(kRcuUnlock) : g.code.call(callee);
  }
  static void save(Gen& g, int slot) {
    g.stack_address(1, slot);
    g.kfunc(kIrqSave);
  }
  static void restore(Gen& g, int slot) {
    g.stack_address(1, slot);
    g.kfunc(kIrqRestore);
  }
  static void irq(Gen& g) {
    const int outer = g.fresh_slot(), inner = g.fresh_slot();
    const bool nested = g.rng.chance(40);
    save(g, outer);
    if (nested) save(g, g.slip() ? outer : inner);
    inside(g);
    if (g.slip()) g.code.st(BPF_B, kFramePtr, outer, 0);
    if (g.slip()) g.code.ldx(BPF_DW, 3, kFramePtr, outer);
    const bool swapped = g.slip();
    if (nested && !g.slip()) restore(g, swapped ? outer : inner);
    if (!g.slip()) restore(g, nested && swapped ? inner : outer);
    if (g.slip()) restore(g, outer);
  }
  static void irq_in_callee(Gen& g) {
    const int s = g.fresh_slot();
    const bool saves = g.rng.chance(50);
    const Label callee = g.defer(FuncKind::Static, [&g, saves] {
      g.kfunc(saves ? kIrqSave : kIrqRestore);
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    g.stack_address(1, s);
    saves ? g.code.call(callee) : g.kfunc(kIrqSave);
    g.doubt();
    g.stack_address(1, s);
    if (!g.slip()) saves ? g.kfunc(kIrqRestore) : g.code.call(callee);
  }
  static void res_lock(Gen& g) {
    const bool irqs = g.rng.chance(40), nested = g.rng.chance(25);
    const int s = g.fresh_slot();
    const Label failed = g.code.label(), inner_failed = g.code.label();
    g.map_value(8, kResLocked);
    if (nested) g.map_value(9, kResLocked);
    const auto call = [&](int reg, KfuncSlot plain, KfuncSlot with_irq) {
      g.code.movx(1, reg);
      if (irqs && reg == 8) g.stack_address(2, s);
      g.kfunc(irqs && reg == 8 ? with_irq : plain);
    };
    call(8, kResLock, kResLockIrq);
    if (!g.slip()) g.code.jmp(BPF_JNE, 0, 0, failed);
    if (nested) {
      call(g.slip() ? 8 : 9, kResLock, kResLockIrq);
      g.code.jmp(BPF_JNE, 0, 0, inner_failed);
    }
    if (g.rng.chance(60)) g.code.ldx(BPF_W, 3, 8, g.rng.pick({4, 4, 4, 24}));
    if (g.slip()) g.code.call(kPrandom);
    const bool swapped = g.slip();
    if (nested) call(swapped ? 8 : 9, kResUnlock, kResUnlockIrq);
    if (nested) g.code.bind(inner_failed);
    if (!g.slip()) call(nested && swapped ? 9 : 8, kResUnlock, kResUnlockIrq);
    g.code.bind(failed);
  }
  // A spin lock in two map values, or twice.
  static void two_locks(Gen& g) {
    g.map_value(8, kLocked);
    g.map_value(9, g.rng.chance(50) ? kLocked : kGraph);
    g.code.movx(1, 8);
    g.code.call(kSpinLockHelper);
    if (g.slip()) g.code.movx(1, 9), g.code.call(kSpinLockHelper);
    g.code.movx(1, g.slip() ? 9 : 8);
    g.code.call(kSpinUnlock);
    g.code.movx(1, 9);
    g.code.call(kSpinLockHelper);
    if (g.rng.chance(50)) g.code.st(BPF_W, 9, 4, 1);
    g.code.movx(1, 9);
    g.code.call(kSpinUnlock);
  }
};

}  // namespace

std::span<const SegmentRow> section_segments() {
  using S = Sections;
  static constexpr SegmentRow kRows[] = {
      {14, 0, S::flat},
      {8, 0, S::conditional},
      {8, 0, S::in_callee},
      {12, 0, S::irq},
      {6, 0, S::irq_in_callee},
      {12, 0, then_restore<S::res_lock>},
      {5, kLocks, then_restore<S::two_locks>},
  };
  return kRows;
}

}  // namespace skep::fuzz
