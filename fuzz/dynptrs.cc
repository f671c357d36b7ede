// Segments about dynptrs: of ring buffer records, map values, packets; slices, clones, and what ends them.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

struct Dynptrs {
  static void reserve(Gen& g, int d) {
    g.code.map(1, kRingbuf);
    g.code.mov(2, g.rng.pick({8, 64}));
    g.code.mov(3, 0);
    g.stack_address(4, d);
    g.code.call(kDynReserve);
  }
  static void give(Gen& g, int d) {
    g.stack_address(1, d);
    g.code.mov(2, 0);
    g.code.call(g.rng.pick({kDynSubmit, kDynDiscard}));
  }
  // bpf_dynptr_data of 8 bytes; r8 = its memory on the path that goes on to `none` after use.
  static void data(Gen& g, int d) {
    const Label none = g.code.label();
    g.stack_address(1, d);
    g.code.mov(2, g.rng.pick({0, 8}));
    g.code.mov(3, 8);
    g.code.call(kDynData);
    g.code.movx(8, 0);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 8, 0, none);
    g.code.st(g.size_code(), 8, g.slip() ? 8 : 0, 1);
    g.code.bind(none);
  }
  static void write(Gen& g, int d) {
    g.fill(-64, 16);
    g.stack_address(1, d);
    g.code.mov(2, 0);
    g.stack_address(3, -64);
    g.code.mov(4, g.rng.pick({8, 16}));
    g.code.mov(5, 0);
    g.code.call(kDynWrite);
  }
  static void read(Gen& g, int d) {
    g.fill(-64, 16);
    g.stack_address(1, -64);
    g.code.mov(2, g.rng.pick({8, 16}));
    g.stack_address(3, d);
    g.code.mov(4, 0);
    g.code.mov(5, 0);
    g.code.call(kDynRead);
  }
  static void slice(Gen& g, int d) {
    const Label none = g.code.label();
    const bool writes = g.rng.chance(30);
    const int size = g.rng.pick({1, 8, 14, 16});
    g.stack_address(1, d);
    g.rng.chance(80) ? g.code.mov(2, 0) : g.code.movx(2, 7);
    if (g.rng.chance(50)) {
      g.fill(-64, 16);
      g.stack_address(3, -64);
    } else {
      g.code.mov(3, 0);
    }
    g.slip() ? g.code.movx(4, 7) : g.code.mov(4, size);
    g.kfunc(writes ? kDynptrSliceRdwr : kDynptrSlice);
    g.code.movx(8, 0);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 8, 0, none);
    g.code.ldx(BPF_B, 3, 8, g.slip() ? size : g.rng.pick({0, 0, size - 1}));
    if (writes || g.slip()) g.code.st(BPF_B, 8, 0, 1);
    g.code.bind(none);
  }
  static void any_kfunc(Gen& g, int d) {
    g.stack_address(1, d);
    switch (g.rng.below(5)) {
      case 0: g.kfunc(kDynptrSize); break;
      case 1: g.kfunc(kDynptrIsNull); break;
      case 2: g.kfunc(kDynptrIsRdonly); break;
      case 3:
        g.code.mov(2, 0);
        g.code.mov(3, 8);
        g.kfunc(kDynptrAdjust);
        break;
      default:
        g.code.mov(2, 0);
        g.code.mov(3, 8);
        g.code.mov(4, 0);
        g.kfunc(kDynptrMemset);
    }
  }
  static void use(Gen& g, int d) {
    const int n = g.rng.range(1, 2);
    for (int i = 0; i < n; i++) switch (g.rng.below(6)) {
        case 0: data(g, d); break;
        case 1: write(g, d); break;
        case 2: read(g, d); break;
        case 3:
        case 4: slice(g, d); break;
        default: any_kfunc(g, d);
      }
  }

  static void ring(Gen& g) {
    const int d = g.fresh_slot(16);
    reserve(g, d);
    g.doubt();
    use(g, d);
    if (g.slip()) g.code.st(g.rng.pick({BPF_B, BPF_DW}), kFramePtr, d + g.rng.pick({0, 8}), 0);
    if (g.slip()) return;
    give(g, d);
    if (g.slip()) give(g, d);
    if (g.slip()) g.code.st(BPF_B, 8, 0, 0);
  }
  static void ring_clone(Gen& g) {
    const int d = g.fresh_slot(16), clone = g.fresh_slot(16);
    reserve(g, d);
    g.stack_address(1, d);
    g.stack_address(2, clone);
    g.kfunc(kDynptrClone);
    use(g, g.rng.pick({d, clone}));
    give(g, g.rng.pick({d, clone}));
    if (g.slip()) use(g, g.rng.pick({d, clone}));
  }
  static void of_value(Gen& g) {
    const int d = g.fresh_slot(16);
    const bool dirty = g.rng.chance(30);
    if (dirty) g.fill(d, 16);
    if (g.rng.chance(85)) {
      g.code.movx(1, 9);
    } else {
      g.fill(-64, 16);
      g.stack_address(1, -64);
    }
    g.code.mov(2, g.rng.pick({8, 16, 48, 48}));
    g.code.mov(3, g.slip() ? 1 : 0);
    g.stack_address(4, d);
    g.code.call(kDynFromMem);
    g.doubt();
    use(g, d);
    if (g.rng.chance(20)) g.code.st(BPF_DW, kFramePtr, d + 8 * g.rng.range(0, 1), 0);  // ends it
    if (g.rng.chance(20)) use(g, d);
    if (g.slip()) give(g, d);
  }
  // One of two dynptrs, made on either side of a branch, or by a callee.
  static void joined(Gen& g) {
    const int d = g.fresh_slot(16);
    const Label other = g.code.label(), join = g.code.label();
    const auto make = [&](int size) {
      g.code.movx(1, 9);
      g.code.mov(2, size);
      g.code.mov(3, 0);
      g.stack_address(4, d);
      g.code.call(kDynFromMem);
    };
    g.unknown(7);
    g.condition(7, other);
    make(8);
    g.code.jump(join);
    g.code.bind(other);
    make(g.rng.pick({8, 16}));
    g.code.bind(join);
    g.code.mov(7, 0);
    g.checkpoint();
    use(g, d);
  }
  static void in_callee(Gen& g) {
    const int d = g.fresh_slot(16);
    const bool make = g.rng.chance(50);
    const Label callee = g.defer(FuncKind::Static, [&g, make] {
      if (make) {
        g.code.movx(4, 1);
        g.code.movx(1, 2);
        g.code.mov(2, 16);
        g.code.mov(3, 0);
        g.code.call(kDynFromMem);
      } else {
        g.code.mov(2, 0);
        g.code.mov(3, 8);
        g.code.call(kDynData);
        g.code.jmp(BPF_JEQ, 0, 0, g.leave);
        g.code.st(BPF_DW, 0, 0, 1);
      }
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
    });
    if (!make) {
      g.code.movx(1, 9);
      g.code.mov(2, 16);
      g.code.mov(3, 0);
      g.stack_address(4, d);
      g.code.call(kDynFromMem);
    }
    g.stack_address(1, d);
    g.code.movx(2, 9);
    g.code.call(callee);
    use(g, d);
  }
  static void packet(Gen& g) {
    if (g.frame) return of_value(g);
    const int d = g.fresh_slot(16);
    g.code.movx(1, 6);
    g.code.mov(2, g.slip() ? 1 : 0);
    g.stack_address(3, d);
    g.kfunc(g.has(kSkb) ? kDynptrFromSkb : kDynptrFromXdp);
    slice(g, d);
    if (g.rng.chance(40)) {
      if (g.has(kMoveHead) && g.rng.chance(60)) {
        g.code.movx(1, 6);
        g.code.mov(2, 0);
        g.code.call(g.has(kSkb) ? kSkbPull : kAdjustHead);
      } else {
        write(g, d);
      }
      if (g.slip()) g.code.ldx(BPF_B, 3, 8, 0);
    }
    use(g, d);
  }
  static void drained(Gen& g) {
    const u32 what = g.rng.below(3);
    const Label callback = g.defer(FuncKind::Static, [&g, what] {
      if (what == 0) {
        g.fill(-16, 8);
        g.code.movx(3, 1);
        g.stack_address(1, -16);
        g.code.mov(2, 8);
        g.code.mov(4, 0);
        g.code.mov(5, 0);
        g.code.call(kDynRead);
      }
      if (what == 1) {
        g.code.mov(2, 0);
        g.code.mov(3, 8);
        g.code.call(kDynData);
        g.code.jmp(BPF_JEQ, 0, 0, g.leave);
        g.code.ldx(BPF_DW, 3, 0, 0);
      }
      g.code.bind(g.leave);
      g.code.mov(0, g.slip() ? 2 : 0);
      g.code.exit();
    });
    g.code.map(1, kUserRing);
    g.code.func_addr(2, callback);
    g.slip() ? g.code.movx(3, 9) : g.code.movx(3, kFramePtr);
    g.code.mov(4, 0);
    g.code.call(kUserRingDrain);
  }
  static void copied(Gen& g) {
    const int from = g.fresh_slot(16), to = g.fresh_slot(16);
    for (const int d : {from, to}) {
      g.code.movx(1, 9);
      g.code.mov(2, 16);
      g.code.mov(3, 0);
      g.stack_address(4, d);
      g.code.call(kDynFromMem);
    }
    g.stack_address(1, to);
    g.code.mov(2, 0);
    g.stack_address(3, g.slip() ? to + 8 : from);
    g.code.mov(4, 0);
    g.code.mov(5, 8);
    g.kfunc(kDynptrCopy);
  }
};

}  // namespace

std::span<const SegmentRow> dynptr_segments() {
  using D = Dynptrs;
  static constexpr SegmentRow kRows[] = {
      {16, 0, D::ring},     {8, 0, D::ring_clone},          {14, 0, D::of_value}, {8, 0, D::joined},
      {8, 0, D::in_callee}, {12, kPacketDynptr, D::packet}, {4, 0, D::drained},   {4, 0, D::copied},
  };
  return kRows;
}

}  // namespace skep::fuzz
