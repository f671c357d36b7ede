// Segments about what must be given back: ring buffer records, sockets, locks, timers, callbacks over map elements. Now
// and then one forgets, doubles or misplaces something.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

struct RefKinds {
  static void record(Gen& g) {
    g.code.map(1, kRingbuf);
    g.code.mov(2, g.rng.pick({8, 16, 64}));
    g.code.mov(3, 0);
    g.code.call(kRingReserve);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    g.code.movx(8, 0);
    g.doubt();
    if (g.rng.chance(70)) g.code.st(g.size_code(), 8, g.rng.pick({0, 0, 4, 8}), 7);
    const int s = g.slot();
    if (g.rng.chance(40)) {
      g.code.stx(BPF_DW, kFramePtr, s, 8);
      if (g.rng.chance(50)) g.code.mov(8, 0);
      g.checkpoint();
      g.code.ldx(BPF_DW, 8, kFramePtr, s);
    }
    if (g.slip()) g.code.alu(BPF_ADD, 8, 8);
    const Label discard = g.code.label(), done = g.code.label();
    const bool both = g.rng.chance(40);
    if (both) g.unknown(7), g.condition(7, discard);
    if (!g.slip()) give(g, kRingSubmit);
    if (both) {
      g.code.jump(done);
      g.code.bind(discard);
      give(g, kRingDiscard);
      g.code.bind(done);
    }
    if (g.slip()) g.code.ldx(BPF_B, 3, 8, 0);
    if (g.slip()) give(g, kRingSubmit);
  }
  static void give(Gen& g, s32 helper) {
    g.code.movx(1, 8);
    g.code.mov(2, 0);
    g.code.call(helper);
  }

  static void socket(Gen& g) {
    if (g.frame) return record(g);
    g.fill(-48, 16);
    g.code.movx(1, 6);
    g.stack_address(2, -48);
    g.code.mov(3, 12);
    g.code.mov(4, 0);
    g.code.mov(5, 0);
    g.code.call(kSkLookup);
    g.code.movx(8, 0);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
    g.doubt();
    if (g.rng.chance(60)) g.code.ldx(BPF_W, 3, 8, g.rng.pick({4, 8, 16, 16}));
    if (g.rng.chance(40)) derived(g);
    if (!g.slip()) release(g);
    if (g.slip()) release(g);
    if (g.slip()) g.code.ldx(BPF_W, 3, 8, 4);
  }
  static void release(Gen& g) {
    g.code.movx(1, 8);
    g.code.call(kSkRelease);
  }
  // A pointer made from a counted one: it may live no longer.
  static void derived(Gen& g) {
    const Label none = g.code.label();
    g.code.movx(1, 8);
    g.code.call(g.rng.pick({kSkFullsock, kTcpSock, kListener}));
    g.code.movx(7, 0);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 7, 0, none);
    g.code.ldx(BPF_W, 3, 7, g.rng.pick({0, 4, 8}));
    if (g.rng.chance(15)) {
      release(g);
      g.code.ldx(BPF_W, 3, 7, 4);
    }
    g.code.bind(none);
  }

  static void ctx_socket(Gen& g) {
    if (g.frame || !g.has(kSockField)) return record(g);
    g.code.ldx(BPF_DW, 1, 6, 168);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 1, 0, g.leave);
    g.code.ldx(BPF_W, 3, 1, g.rng.pick({4, 8, 16, 0}));
    if (g.rng.chance(60)) {
      g.code.call(g.rng.pick({kSkFullsock, kTcpSock}));
      if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
      g.code.ldx(BPF_W, 3, 0, g.rng.pick({0, 4, 16}));
    }
  }

  static void lock(Gen& g) {
    g.map_value(8, kLocked);
    g.code.movx(1, 8);
    g.code.call(kSpinLockHelper);
    if (g.rng.chance(60)) g.code.ldx(BPF_W, 3, 8, g.rng.pick({4, 4, 4, 4, 8, 8, 0}));
    if (g.rng.chance(60)) g.code.st(BPF_W, 8, g.rng.pick({4, 8, 12}), 1);
    if (g.slip()) g.code.call(kPrandom);
    if (g.rng.chance(10)) g.code.jmp(BPF_JEQ, 8, 0, g.leave);
    if (g.slip()) return g.code.mov(8, 0);
    g.code.movx(1, 8);
    g.code.call(kSpinUnlock);
  }

  static void timer(Gen& g) {
    g.map_value(8, kTimer);
    g.code.movx(1, 8);
    g.code.map(2, g.slip() ? kLocked : kTimer);
    g.code.mov(3, 1);
    g.code.call(kTimerInit);
    const u32 kind = g.rng.below(3);
    const Label callback = g.defer(FuncKind::Static, [&g, kind] {
      if (kind == 0) g.code.ldx(BPF_W, 3, 2, 0);
      if (kind == 1) g.code.ldx(BPF_DW, 3, 3, 16);
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.chance(93) ? 0 : 1);
      g.code.exit();
    });
    g.code.movx(1, 8);
    g.code.func_addr(2, callback);
    g.code.call(kTimerCallback);
    g.code.movx(1, 8);
    g.code.mov(2, 100);
    g.code.mov(3, 0);
    g.code.call(kTimerStart);
  }

  static void each_element(Gen& g) {
    const u32 kind = g.rng.below(5);
    const Label callback = g.defer(FuncKind::Static, [&g, kind] {
      if (kind == 0) g.code.ldx(BPF_DW, 5, 3, 0);
      if (kind == 1) g.code.ldx(BPF_W, 5, 2, 0);
      if (kind == 2)
        g.code.ldx(BPF_DW, 5, 4, 0), g.code.alu(BPF_ADD, 5, 1), g.code.alu(BPF_AND, 5, 7), g.code.stx(BPF_DW, 4, 0, 5);
      if (kind == 3) g.code.st(BPF_DW, 3, 8, 1);
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.chance(94) ? g.rng.pick({0, 0, 1}) : 2);
      g.code.exit();
    });
    const int s = g.slot();
    g.fill(s, 8);
    g.code.map(1, g.rng.pick({kArray, kHash, kPercpuArray, kLruHash}));
    g.code.func_addr(2, callback);
    g.code.movx(3, kFramePtr);
    g.code.alu(BPF_ADD, 3, s);
    g.code.mov(4, g.rng.chance(95) ? 0 : 1);
    g.code.call(kForEach);
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }

  // Packet pointers after a helper that may move the packet.
  static void moved_packet(Gen& g) {
    if (g.frame || g.profile.data < 0) return record(g);
    const u8 field = g.profile.packet_size == 8 ? BPF_DW : BPF_W;
    const auto load = [&] {
      g.code.ldx(field, 7, 6, g.profile.data);
      g.code.ldx(field, 8, 6, g.profile.data_end);
      g.code.movx(3, 7);
      g.code.alu(BPF_ADD, 3, 14);
      g.code.jmpx(BPF_JGT, 3, 8, g.leave);
    };
    load();
    g.code.ldx(g.size_code(), 4, 7, g.rng.pick({0, 6, 12}));
    if (g.has(kMoveHead)) {
      g.code.movx(1, 6);
      g.code.mov(2, 0);
      g.code.call(g.has(kSkb) ? kSkbPull : kAdjustHead);
      if (!g.slip()) load();
    }
    g.code.ldx(g.size_code(), 4, 7, g.rng.pick({0, 6, 13}));
    if (g.slip()) g.code.st(BPF_B, 7, 0, 0);
    g.code.mov(7, 0);
  }

  static void nested_map(Gen& g) {
    g.map_value(8, g.rng.pick({kArrayOfMaps, kArrayOfMaps, kHashOfMaps}), !g.slip());
    g.code.st(BPF_W, kFramePtr, -4, 0);
    g.code.movx(1, 8);
    g.stack_address(2, -4);
    g.code.call(kMapLookup);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    g.code.ldx(g.size_code(), 3, 0, g.rng.pick({0, 8, 40}));
  }

  static void container(Gen& g) {
    const int s = g.slot();
    if (!g.slip()) g.fill(s - 8, 16);
    g.code.map(1, g.rng.pick({kQueue, kStack, kBloom, kHash}));
    g.stack_address(2, s - 8);
    g.code.mov(3, 0);
    g.code.call(g.rng.pick({kMapPush, kMapPop, kMapPeek}));
    g.code.ldx(BPF_DW, 8, kFramePtr, s - 8);
  }
};

}  // namespace

std::span<const SegmentRow> ref_segments() {
  using K = RefKinds;
  static constexpr SegmentRow kRows[] = {
      {18, 0, K::record},      {16, kSockets, K::socket}, {6, kSockField, K::ctx_socket},
      {8, kLocks, K::lock},    {5, kLocks, K::timer},     {10, 0, K::each_element},
      {8, 0, K::moved_packet}, {5, 0, K::nested_map},     {5, 0, K::container},
  };
  return kRows;
}

}  // namespace skep::fuzz
