// Segments about open-coded iterators: over bits, tasks, cgroups, memory areas; nested in each other and in other
// loops.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

struct IterKind {
  KfuncSlot make, next, destroy;
  int bytes;
};
constexpr IterKind kNumbers = {kIterNumNew, kIterNumNext, kIterNumDestroy, 8};
constexpr IterKind kBits = {kIterBitsNew, kIterBitsNext, kIterBitsDestroy, 16};
constexpr IterKind kTaskIter = {kIterTaskNew, kIterTaskNext, kIterTaskDestroy, 24};
constexpr IterKind kCssIter = {kIterCssNew, kIterCssNext, kIterCssDestroy, 24};
constexpr IterKind kVmaIter = {kIterVmaNew, kIterVmaNext, kIterVmaDestroy, 8};

struct Iters {
  // A loop over an iterator whose arguments from r2 on `arguments` has set; `body` gets the element in r0.
  static void loop(Gen& g, const IterKind& kind, const std::function<void()>& arguments,
                   const std::function<void(Label done)>& body) {
    const int it = g.fresh_slot(kind.bytes);
    const Label head = g.code.label(), done = g.code.label();
    arguments();
    g.stack_address(1, it);
    g.kfunc(kind.make);
    if (g.slip()) g.code.jmp(BPF_JEQ, 0, 0, done);
    g.code.bind(head);
    g.stack_address(1, it);
    g.kfunc(kind.next);
    if (!g.rng.permille(3)) g.code.jmp(BPF_JEQ, 0, 0, done);
    body(done);
    if (g.slip()) g.code.st(BPF_DW, kFramePtr, it, 0);
    g.code.jump(head);
    g.code.bind(done);
    if (g.slip()) return;
    g.stack_address(1, it);
    g.kfunc(kind.destroy);
  }

  static void number_arguments(Gen& g) {
    g.code.mov(2, 0);
    g.rng.chance(70) ? g.code.mov(3, g.rng.pick({2, 10, 1000})) : g.code.movx(3, 7);
  }
  // A value that grows must have a bound, or the verifier goes on to its limit.
  static void grow(Gen& g) {
    g.code.alu(BPF_ADD, 8, 1);
    if (g.rng.permille(2)) return;
    g.code.alu(g.rng.pick({BPF_AND, BPF_AND, BPF_MOD}), 8, g.rng.pick({3, 7}));
  }
  // What a loop changes from one round to the next.
  static void step(Gen& g, Label done) {
    switch (g.rng.below(8)) {
      case 0: return grow(g);
      case 1: g.code.ldx(BPF_W, 7, 0, 0); return;
      case 2:
        g.code.ldx(BPF_W, 3, 0, 0);
        if (!g.slip()) g.code.jmp(BPF_JGT, 3, 40, done);
        g.code.movx(1, 9);
        g.code.alux(BPF_ADD, 1, 3);
        return g.code.ldx(BPF_B, 3, 1, 0);
      case 3: {
        const int s = g.slot();
        return g.code.stx(g.size_code(), kFramePtr, s, g.rng.pick({7, 8}));
      }
      case 4: return g.condition(7, done);
      case 5: {
        const Label over = g.code.label();
        g.code.jmp(BPF_JGT, 8, 5, over);
        g.code.alu(BPF_ADD, 8, 1);
        return g.code.bind(over);
      }
      case 6: return g.code.mov(8, g.rng.pick({0, 8}));
      default: return;
    }
  }
  // Uses what the rounds left.
  static void after(Gen& g) {
    if (g.rng.chance(60)) return;
    if (g.rng.chance(60)) g.code.jmp(BPF_JGT, 8, 40, g.leave);
    g.code.movx(1, 9);
    g.code.alux(BPF_ADD, 1, 8);
    g.code.ldx(BPF_B, 3, 1, 0);
  }

  static void numbers(Gen& g) {
    g.unknown(7);
    g.code.mov(8, 0);
    loop(
        g, kNumbers, [&] { number_arguments(g); }, [&](Label done) { step(g, done), step(g, done); });
    after(g);
  }
  static void bits(Gen& g) {
    const int s = g.fresh_slot();
    g.fill(s, 8);
    g.unknown(7);
    g.code.mov(8, 0);
    loop(
        g, kBits,
        [&] {
          g.stack_address(2, s);
          g.code.mov(3, g.rng.pick({1, 1, 2, 600}));
        },
        [&](Label done) { step(g, done); });
    after(g);
  }
  static void nested(Gen& g) {
    g.unknown(7);
    g.code.mov(8, 0);
    loop(
        g, kNumbers, [&] { number_arguments(g); },
        [&](Label done) {
          step(g, done);
          loop(
              g, g.rng.chance(70) ? kNumbers : kBits, [&] { number_arguments(g); },
              [&](Label inner) { step(g, g.slip() ? done : inner); });
        });
    after(g);
  }
  // Loops of other kinds inside.
  static void mixed(Gen& g) {
    const u32 what = g.rng.below(3);
    g.unknown(7);
    g.code.mov(8, 0);
    loop(
        g, kNumbers, [&] { number_arguments(g); },
        [&](Label done) {
          if (what == 0) {
            const Label head = g.code.label(), out = g.code.label();
            g.code.bind(head);
            g.code.may_goto(out);
            step_without_element(g);
            g.code.jmp(BPF_JGT, 8, 20, out);
            g.code.jump(head);
            g.code.bind(out);
          } else if (what == 1) {
            const int s = g.slot();
            g.code.stx(BPF_DW, kFramePtr, s, 8);
            g.code.mov(1, g.rng.pick({1, 5}));
            g.code.func_addr(2, adder(g));
            g.stack_address(3, s);
            g.code.mov(4, 0);
            g.code.call(kLoop);
            g.code.ldx(BPF_DW, 8, kFramePtr, s);
          } else {
            for (int i = 0; i < 3; i++) g.condition(7, done), grow(g);
          }
        });
    after(g);
  }
  static void step_without_element(Gen& g) {
    if (g.rng.chance(70)) return grow(g);
    g.unknown(7);
  }
  static Label adder(Gen& g) {
    return g.defer(FuncKind::Static, [&g] {
      g.code.ldx(BPF_DW, 3, 2, 0);
      g.code.alu(BPF_ADD, 3, 1);
      if (!g.rng.permille(2)) g.code.alu(BPF_AND, 3, 7);
      g.code.stx(BPF_DW, 2, 0, 3);
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.pick({0, 1}));
      g.code.exit();
    });
  }

  static void in_rcu(Gen& g, const std::function<void()>& body) {
    const bool section = g.has(kSleeps) ? !g.slip() : g.rng.chance(30);
    const Label outer = g.leave;
    if (section) {
      g.leave = g.code.label();
      g.kfunc(kRcuLock);
    }
    body();
    if (!section) return;
    g.code.bind(g.leave);
    g.leave = outer;
    g.kfunc(kRcuUnlock);
  }
  static void walk_element(Gen& g, const char* type, Label done) {
    const Label outer = g.leave;
    g.leave = done;
    walk_struct(g, 0, g.world.kernel->find(type, btf::Kind::Struct), g.rng.range(1, 2));
    g.leave = outer;
  }
  static void tasks(Gen& g) {
    in_rcu(g, [&] {
      loop(
          g, kTaskIter,
          [&] {
            g.code.mov(2, 0);
            g.code.mov(3, g.rng.pick({0, 1, 2}));
          },
          [&](Label done) { walk_element(g, "task_struct", done); });
    });
  }
  static void areas(Gen& g) {
    loop(
        g, kVmaIter,
        [&] {
          g.code.call(kCurrentTask);
          g.code.movx(2, 0);
          g.code.mov(3, 0);
        },
        [&](Label done) { walk_element(g, "vm_area_struct", done); });
  }
  static void cgroups(Gen& g) {
    g.code.mov(1, 1);
    g.kfunc(kCgroupFromId);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    const int s = g.fresh_slot();
    g.code.stx(BPF_DW, kFramePtr, s, 0);
    in_rcu(g, [&] {
      loop(
          g, kCssIter,
          [&] {
            g.code.ldx(BPF_DW, 2, kFramePtr, s);
            g.code.mov(3, g.rng.pick({0, 1, 2}));
          },
          [&](Label done) { walk_element(g, "cgroup_subsys_state", done); });
    });
    g.code.ldx(BPF_DW, 1, kFramePtr, s);
    if (!g.slip()) g.kfunc(kCgroupRelease);
  }
};

}  // namespace

std::span<const SegmentRow> iter_segments() {
  using I = Iters;
  static constexpr SegmentRow kRows[] = {
      {20, 0, I::numbers}, {10, 0, I::bits},      {14, 0, I::nested},        {14, 0, I::mixed},
      {10, 0, I::tasks},   {5, kTasks, I::areas}, {8, kGeneric, I::cgroups},
  };
  return kRows;
}

}  // namespace skep::fuzz
