// Segments about frames: exceptions, global functions with tagged arguments, tail calls in subprograms, chains of
// calls, other segments inside of subprograms, work handed to callbacks that run later.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

struct Frames {
  static void throw_here(Gen& g) {
    g.rng.chance(85) ? g.code.mov(1, g.rng.pick({0, 0, 1})) : g.code.movx(1, 7);
    g.kfunc(kThrow);
  }
  static void thrown(Gen& g) {
    if (g.rng.chance(35)) g.want_handler();
    const Label over = g.code.label();
    g.unknown(7);
    g.condition(7, over);
    const u32 where = g.rng.below(4);
    if (where <= 1) {
      throw_here(g);
      if (g.rng.chance(50)) g.code.jump(g.leave);
    } else {
      const bool always = g.rng.chance(50);
      const Label callee = g.defer(where == 2 ? FuncKind::Static : FuncKind::GlobalScalars, [&g, always] {
        const Label fine = g.code.label();
        g.code.movx(7, 1);
        if (!always) g.code.jmp(g.rng.pick({BPF_JEQ, BPF_JGT}), 1, 5, fine);
        throw_here(g);
        g.code.bind(fine);
        g.code.bind(g.leave);
        g.code.mov(0, 0);
        g.code.exit();
      });
      g.code.movx(1, g.rng.pick({7, 8}));
      g.code.mov(2, 1);
      g.code.call(callee);
    }
    g.code.bind(over);
    g.checkpoint();
  }
  // With something open, that no one will give back.
  static void thrown_with_open(Gen& g) {
    const Label over = g.code.label();
    const bool section = g.rng.chance(40), closed_first = g.rng.chance(60);
    if (section) {
      g.kfunc(kRcuLock);
    } else {
      g.code.map(1, kRingbuf);
      g.code.mov(2, 8);
      g.code.mov(3, 0);
      g.code.call(kRingReserve);
      g.code.jmp(BPF_JEQ, 0, 0, g.leave);
      g.code.movx(8, 0);
    }
    const auto close = [&] {
      if (section) return g.kfunc(kRcuUnlock);
      g.code.movx(1, 8);
      g.code.mov(2, 0);
      g.code.call(kRingDiscard);
    };
    if (closed_first) close();
    g.unknown(7);
    g.condition(7, over);
    throw_here(g);
    g.code.bind(over);
    if (!closed_first) close();
  }

  static void address_for(Gen& g, int reg) {
    switch (g.rng.below(3)) {
      case 0: return g.code.movx(reg, 9);
      case 1: g.fill(-32, 8); return g.stack_address(reg, -32);
      default: return g.code.map_value(reg, kArray, 8);
    }
  }
  // Calls a global function whose argument has a tag.
  static void tagged(Gen& g) {
    static constexpr FuncKind kKinds[] = {FuncKind::NonNull,      FuncKind::GlobalMem, FuncKind::Ctx,
                                          FuncKind::Trusted,      FuncKind::Trusted,   FuncKind::MaybeTrusted,
                                          FuncKind::MaybeTrusted, FuncKind::Untrusted, FuncKind::Dynptr};
    const FuncKind kind = g.rng.pick(kKinds);
    const u32 task = g.world.kernel->find("task_struct", btf::Kind::Struct);
    const Label callee = g.defer(kind, [&g, kind, task] {
      g.frame++;
      body(g, kind, task);
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.pick({0, 1}));
      g.code.exit();
      g.frame--;
    });
    const int calls = g.rng.range(1, 2);
    for (int i = 0; i < calls; i++) argument(g, kind, callee);
  }
  static void body(Gen& g, FuncKind kind, u32 task) {
    switch (kind) {
      case FuncKind::GlobalMem:
        if (!g.slip()) g.code.jmp(BPF_JEQ, 1, 0, g.leave);
        [[fallthrough]];
      case FuncKind::NonNull: return g.code.ldx(BPF_W, 3, 1, g.slip() ? 4 : 0);
      case FuncKind::Ctx:
        if (g.profile.fields.empty()) return;
        return g.code.ldx(g.profile.fields[0].size == 8 ? BPF_DW : BPF_W, 3, 1, g.profile.fields[0].off);
      case FuncKind::Dynptr:
        g.fill(-16, 8);
        g.code.movx(3, 1);
        g.stack_address(1, -16);
        g.code.mov(2, 8);
        g.code.mov(4, 0);
        g.code.mov(5, 0);
        return g.code.call(kDynRead);
      default:
        g.code.movx(8, 1);
        if (kind == FuncKind::MaybeTrusted && !g.slip()) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
        walk_struct(g, 8, task, g.rng.range(1, 2));
    }
  }
  static void argument(Gen& g, FuncKind kind, Label callee) {
    switch (kind) {
      case FuncKind::Ctx: g.code.movx(1, g.slip() ? 9 : 6); break;
      case FuncKind::GlobalMem:
        if (g.rng.chance(20)) {
          g.code.mov(1, 0);
          break;
        }
        [[fallthrough]];
      case FuncKind::NonNull: address_for(g, 1); break;
      case FuncKind::Dynptr: {
        const int d = g.fresh_slot(16);
        g.code.movx(1, 9);
        g.code.mov(2, 16);
        g.code.mov(3, 0);
        g.stack_address(4, d);
        if (!g.slip()) g.code.call(kDynFromMem);
        g.stack_address(1, d);
        break;
      }
      default:
        if (kind == FuncKind::MaybeTrusted && g.rng.chance(25)) {
          g.code.mov(1, 0);
          break;
        }
        g.code.call(kCurrentTask);
        g.code.movx(1, 0);
        if (g.rng.chance(15)) g.code.ldx(BPF_DW, 1, 1, g.rng.pick({0, 8}));
    }
    g.code.call(callee);
  }

  // A chain of static subprograms with stacks of their own; sometimes too deep, sometimes with a tail call at its end.
  static void chain(Gen& g) {
    const int depth = g.rng.pick({1, 2, 3, 4, 7, 8});
    const int bytes = g.rng.pick({8, 32, 64, 120, 200});
    link(g, depth, bytes, g.rng.chance(40), true);
  }
  static void link(Gen& g, int depth, int bytes, bool tail, bool from_main) {
    const Label callee = g.defer(FuncKind::Static, [&g, depth, bytes, tail] {
      g.code.st(BPF_DW, kFramePtr, -bytes, 0);
      g.code.movx(6, 1);
      if (depth > 1) {
        link(g, depth - 1, bytes, tail, false);
      } else if (tail) {
        g.code.movx(1, 6);
        g.code.map(2, kProgArray);
        g.code.mov(3, g.rng.pick({0, 3, 4}));
        g.code.call(kTailCall);
      }
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    if (from_main || g.rng.chance(90)) g.code.movx(1, 6);
    g.code.call(callee);
  }

  // A segment of any kind below main.
  static void nested(Gen& g) {
    if (g.frame >= 2) return chain(g);
    const Label callee = g.defer(FuncKind::Static, [&g] {
      g.frame += 2;
      g.code.movx(6, 1);
      g.code.movx(9, 2);
      g.code.mov(7, 0);
      g.code.mov(8, 0);
      g.segment();
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
      g.frame -= 2;
    });
    const int calls = g.rng.pick({1, 1, 2});
    for (int i = 0; i < calls; i++) {
      g.code.movx(1, 6);
      g.code.movx(2, 9);
      g.code.call(callee);
    }
  }

  static Label later(Gen& g) {
    const u32 what = g.rng.below(4);
    return g.defer(FuncKind::Static, [&g, what] {
      if (what == 0) g.code.ldx(BPF_W, 3, 2, 0);
      if (what == 1) g.code.ldx(BPF_DW, 3, 3, 24);
      if (what == 2) {
        g.fill(-16, 8);
        g.stack_address(1, -16);
        g.code.mov(2, 8);
        g.code.mov(3, 0);
        g.code.call(kCopyFromUser);
      }
      g.code.bind(g.leave);
      g.code.mov(0, g.slip() ? 1 : 0);
      g.code.exit();
    });
  }
  static void work_queue(Gen& g) {
    g.map_value(8, kWork);
    g.field_address(1, 8, g.slip() ? 8 : 0);
    g.code.mov(3, 0);
    g.code.map(2, kWork);  // right before the call: known_unsound.cc looks for it there
    g.kfunc(kWqInit);
    g.code.movx(1, 8);
    g.code.func_addr(2, later(g));
    g.code.mov(3, 0);
    g.kfunc(kWqSetCallback);
    g.code.movx(1, 8);
    g.code.mov(2, 0);
    g.kfunc(kWqStart);
  }
  static void task_work(Gen& g) {
    g.map_value(8, kWork);
    g.code.call(kCurrentTask);
    g.code.movx(1, 0);
    g.field_address(2, 8, g.slip() ? 8 : 16);
    g.code.func_addr(4, later(g));
    g.code.map(3, kWork);
    g.kfunc(g.rng.pick({kTaskWorkSignal, kTaskWorkResume}));
  }
};

}  // namespace

std::span<const SegmentRow> frame_segments() {
  using F = Frames;
  static constexpr SegmentRow kRows[] = {
      {14, kGeneric, F::thrown}, {5, kGeneric, F::thrown_with_open},
      {22, 0, F::tagged},        {10, 0, F::chain},
      {24, 0, F::nested},        {4, 0, F::work_queue},
      {4, kTasks, F::task_work},
  };
  return kRows;
}

}  // namespace skep::fuzz
