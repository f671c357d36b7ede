// Uses of the value in r8 that the verifier bounds, types or traces. Each says which values are safe (SinkRow::limit)
// and leaves r6-r9 usable.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

struct Sinks {
  static constexpr int kBuffer = -96;  // 32 bytes of stack

  static void buffer_address(Gen& g, int reg) {
    g.fill(kBuffer, 32);
    g.code.movx(reg, kFramePtr);
    g.code.alu(BPF_ADD, reg, kBuffer);
  }
  static void access(Gen& g, int base, int off) {
    const u8 size = g.size_code();
    switch (g.rng.below(3)) {
      case 0: return g.code.ldx(size, 3, base, off, size != BPF_DW && g.rng.chance(15));
      case 1: return g.code.st(size, base, off, 1);
      default: return g.code.stx(size, base, off, g.rng.pick({7, 8}));
    }
  }
  // base += r8, in one of the ways.
  static void add(Gen& g, int to, int base) {
    if (g.rng.chance(15) && (base == 9 || g.frame == 0)) {
      g.code.movx(to, 8);
      return g.code.alux(BPF_ADD, to,
                         base);  // only where base points to nothing that is counted, nor to a callee's frame
    }
    g.code.movx(to, base);
    if (g.rng.chance(12)) {
      g.code.alu(BPF_ADD, to, 40);
      g.code.alux(BPF_SUB, to, 8);
    } else {
      g.code.alux(BPF_ADD, to, 8);
    }
  }

  static void value_add(Gen& g) {
    add(g, 1, 9);
    access(g, 1, g.rng.pick({0, 0, 0, 0, 0, 0, 1, -4}));
    if (g.rng.chance(12)) g.code.alux(BPF_ADD, 1, 8), access(g, 1, 0);
  }
  static void direct_value_add(Gen& g) {
    g.code.map_value(2, kArray, g.rng.chance(50) ? 0 : 8);
    add(g, 1, 2);
    access(g, 1, 0);
  }
  static void stack_add(Gen& g) {
    buffer_address(g, 4);
    add(g, 1, 4);
    access(g, 1, 0);
    if (g.rng.chance(40)) g.code.ldx(BPF_DW, 7, kFramePtr, kBuffer + 8 * g.rng.range(0, 3));
  }
  // A write at an unknown place hits a spilled value or pointer.
  static void stack_smash(Gen& g) {
    g.fill(kBuffer, 32);
    g.code.stx(BPF_DW, kFramePtr, kBuffer + 8, g.rng.pick({8, 9, 10}));
    g.code.movx(1, kFramePtr);
    g.code.alu(BPF_ADD, 1, kBuffer);
    g.code.alux(BPF_ADD, 1, 8);
    g.code.st(g.size_code(), 1, 0, g.rng.pick({0, 1}));
    g.checkpoint();
    g.code.ldx(BPF_DW, 3, kFramePtr, kBuffer + 8);
    if (g.rng.chance(30)) g.code.ldx(BPF_B, 3, 3, 0);
  }
  static void packet_add(Gen& g) {
    if (g.profile.data < 0 || g.frame) return value_add(g);
    const u8 field = g.profile.packet_size == 8 ? BPF_DW : BPF_W;
    g.code.ldx(field, 1, 6, g.profile.data);
    g.code.ldx(field, 2, 6, g.profile.data_end);
    add(g, 3, 1);
    const int room = g.rng.pick({1, 2, 4, 8, 14});
    if (g.rng.chance(60))
      g.code.movx(4, 3), g.code.alu(BPF_ADD, 4, room);
    else
      g.code.movx(4, 3);
    if (g.rng.chance(75)) {
      g.code.jmpx(g.rng.pick({BPF_JGT, BPF_JGT, BPF_JGE}), 4, 2, g.leave);
    } else {
      g.code.jmpx(g.rng.pick({BPF_JLT, BPF_JLE}), 2, 4, g.leave);
    }
    g.checkpoint();
    g.code.ldx(g.size_code(), 5, 3, g.rng.pick({0, 0, 0, 1, room - 1}));
  }
  static void ctx_add(Gen& g) {
    if (g.frame) return value_add(g);
    g.code.movx(1, 6);
    g.code.alux(BPF_ADD, 1, 8);
    g.code.ldx(BPF_W, 3, 1, 0);
  }
  static void helper_size(Gen& g) {
    switch (g.rng.below(4)) {
      case 0:
        buffer_address(g, 2);
        g.code.map(1, kRingbuf);
        g.code.movx(3, 8);
        g.code.mov(4, 0);
        return g.code.call(kRingOutput);
      case 1:
        buffer_address(g, 1);
        g.code.movx(2, 8);
        g.code.mov(3, 0);
        if (g.has(kTracing)) return g.code.movx(3, 9), g.code.call(kProbeRead);
        return g.code.call(kTracePrintk);
      case 2:
        if (!g.has(kTracing)) break;
        g.code.movx(1, kFramePtr);
        g.code.alu(BPF_ADD, 1, kBuffer);
        g.code.movx(2, 8);
        return g.code.call(kGetComm);
      default: break;
    }
    g.code.movx(1, 9);  // into a map value
    g.code.movx(2, 8);
    if (g.has(kTracing)) return g.code.movx(3, 9), g.code.call(g.rng.pick({kProbeRead, kProbeReadUser}));
    buffer_address(g, 4);
    g.code.movx(1, 6);
    if (!g.has(kSkb) || g.frame) return g.code.movx(1, 4), g.code.call(kTracePrintk);
    g.code.mov(2, 0);
    g.code.movx(3, g.rng.pick({4, 9}));
    g.code.movx(4, 8);
    g.code.call(kSkbLoad);
  }
  static void const_size(Gen& g) {  // ARG_CONST_ALLOC_SIZE: must be one number
    if (g.rng.chance(80)) g.code.alu(g.rng.pick({BPF_OR, BPF_ADD}), 8, 16);
    g.code.map(1, kRingbuf);
    g.code.movx(2, 8);
    g.code.mov(3, 0);
    g.code.call(kRingReserve);
    g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    if (g.rng.chance(70)) g.code.st(g.size_code(), 0, g.rng.pick({0, 0, 4}), 1);
    g.code.movx(1, 0);
    g.code.mov(2, 0);
    g.code.call(g.rng.pick({kRingSubmit, kRingDiscard}));
  }
  static void tail_call(Gen& g) {
    if (g.frame) return value_add(g);
    g.code.movx(1, 6);
    g.code.map(2, kProgArray);
    g.code.movx(3, 8);
    g.code.call(kTailCall);
  }
  static void array_key(Gen& g) {
    g.code.stx(BPF_W, kFramePtr, -4, 8);
    g.checkpoint();
    g.code.movx(2, kFramePtr);
    g.code.alu(BPF_ADD, 2, -4);
    g.code.map(1, g.rng.pick({kArray, kArray, kLruHash, kPercpuArray, kArrayOfMaps}));
    g.code.call(kMapLookup);
    if (g.rng.chance(65)) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    access(g, 0, 0);
  }
  static void return_value(Gen& g) {
    const Label over = g.code.label();
    g.unknown(7);
    g.condition(7, over);
    g.code.movx(0, 8);
    g.code.exit();
    g.code.bind(over);
    g.code.mov(7, 0);
  }
  static void loop_bound(Gen& g) {
    const Label head = g.code.label(), done = g.code.label();
    const int count = g.rng.pick({7, 3});
    const bool check_first = g.rng.chance(50);
    g.code.mov(count, 0);
    g.code.bind(head);
    if (check_first) g.code.jmpx(g.rng.pick({BPF_JGE, BPF_JGE, BPF_JGE, BPF_JSGE}), count, 8, done);
    if (!g.rng.permille(2)) g.code.jmp(BPF_JGT, count, 10, done);
    g.code.alu(BPF_ADD, count, 1, g.rng.chance(80));
    if (g.rng.chance(30)) g.code.ldx(BPF_W, 4, 9, 0);
    if (check_first) {
      g.code.jump(head);
    } else {
      g.code.jmpx(g.rng.pick({BPF_JLT, BPF_JLT, BPF_JLT, BPF_JNE}), count, 8, head);
    }
    g.code.bind(done);
    if (g.rng.chance(40)) g.code.movx(1, 9), g.code.alux(BPF_ADD, 1, count), access(g, 1, 0);
    g.code.mov(7, 0);
  }
  static void divide(Gen& g) {
    const bool wide = g.rng.chance(60);
    g.code.mov(1, g.rng.pick({0, 32, 40}));
    g.code.alux(g.rng.pick({BPF_DIV, BPF_MOD}), 1, 8, wide, g.rng.chance(30) ? 1 : 0);
    if (g.rng.chance(60)) g.code.jmp(BPF_JGT, 1, 40, g.leave);
    g.code.movx(2, 9);
    g.code.alux(BPF_ADD, 2, 1);
    access(g, 2, 0);
  }
  static void loop_count(Gen& g) {
    const u32 kind = g.rng.below(4);
    const Label callback = g.defer(FuncKind::Static, [&g, kind] {
      if (kind == 1) g.code.ldx(BPF_DW, 3, 2, 0);  // context: the map value
      if (kind == 2) {
        g.code.jmp(BPF_JGT, 1, 40, g.leave);
        g.code.alux(BPF_ADD, 2, 1);
        g.code.ldx(BPF_B, 3, 2, 0);
      }
      if (kind == 3) g.code.stx(BPF_DW, 2, 8, 1);
      g.code.bind(g.leave);
      g.code.mov(0, g.rng.pick({0, 0, 1}));
      g.code.exit();
    });
    g.code.movx(1, 8);
    g.code.func_addr(2, callback);
    g.code.movx(3, 9);
    g.code.mov(4, g.rng.chance(95) ? 0 : 1);
    if (g.rng.chance(10)) g.code.movx(4, 8);
    g.code.call(kLoop);
  }
  static void dynptr_size(Gen& g) {
    const int at = g.fresh_slot(16);
    g.code.movx(1, 9);
    g.code.movx(2, 8);
    g.code.mov(3, 0);
    g.code.movx(4, kFramePtr);
    g.code.alu(BPF_ADD, 4, at);
    g.code.call(kDynFromMem);
    buffer_address(g, 1);
    g.code.mov(2, g.rng.pick({8, 8, 16, 16, 32, 32, 32, 33}));
    g.code.movx(3, kFramePtr);
    g.code.alu(BPF_ADD, 3, at);
    g.code.movx(4, g.rng.pick({7, 8}));
    g.code.mov(5, 0);
    g.code.call(kDynRead);
    if (g.rng.chance(50)) {
      g.code.movx(1, kFramePtr);
      g.code.alu(BPF_ADD, 1, at);
      g.code.movx(2, 8);
      g.code.mov(3, 8);
      if (g.rng.chance(5)) g.code.movx(3, 8);
      g.code.call(kDynData);
      if (g.rng.chance(85)) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
      access(g, 0, 0);
    }
  }
  static void shift(Gen& g) {
    g.code.mov(1, g.rng.pick({1, 5, -1}));
    g.code.alux(g.rng.pick({BPF_LSH, BPF_RSH, BPF_ARSH}), 1, 8, g.rng.chance(60));
    if (g.rng.chance(85)) g.code.alu(BPF_AND, 1, g.rng.pick({31, 7, 40}));
    g.code.movx(2, 9);
    g.code.alux(BPF_ADD, 2, 1);
    access(g, 2, 0);
  }
  static void dead_branch(Gen& g) {  // the branch not taken does what must not be
    const Label over = g.code.label();
    const bool wide = g.rng.chance(65);
    g.code.jmp(g.rng.pick({BPF_JLE, BPF_JSLE, BPF_JLT, BPF_JNE}), 8, g.rng.pick({40, 41, 48, 7}), over, wide);
    if (g.rng.chance(60))
      g.code.jump(g.leave);
    else if (g.rng.chance(50))
      g.code.ldx(BPF_DW, 3, 8, 0);
    else
      g.code.alu(BPF_DIV, 8, g.rng.pick({0, 1}));
    g.code.bind(over);
    g.checkpoint();
  }
  static void register_compare(Gen& g) {
    const Label over = g.code.label();
    g.put_value(7, 40, g.rng.chance(60));
    g.code.jmpx(g.rng.pick({BPF_JEQ, BPF_JNE, BPF_JLT, BPF_JLE, BPF_JGT, BPF_JGE, BPF_JSLT, BPF_JSLE, BPF_JSGT,
                            BPF_JSGE, BPF_JSET}),
                8, 7, over, g.rng.chance(65));
    g.code.movx(1, 9);
    g.code.alux(BPF_ADD, 1, g.rng.pick({7, 8}));
    access(g, 1, 0);
    g.code.bind(over);
    g.checkpoint();
  }
  static void helper_flags(Gen& g) {
    switch (g.rng.below(3)) {
      case 0:
        buffer_address(g, 2);
        g.code.map(1, kRingbuf);
        g.code.mov(3, 8);
        g.code.movx(4, 8);
        return g.code.call(kRingOutput);
      case 1:
        buffer_address(g, 2);
        g.code.movx(3, 9);
        g.code.map(1, g.rng.pick({kHash, kHash, kQueue}));
        g.code.movx(4, 8);
        return g.code.call(kMapUpdate);
      default:
        buffer_address(g, 4);
        if (g.frame) return;
        g.code.movx(1, 6);
        g.code.map(2, kPerfEvents);
        g.code.movx(3, 8);
        g.code.mov(5, 16);
        return g.code.call(kPerfOutput);
    }
  }
  static void iterator(Gen& g) {
    const int it = g.fresh_slot();
    const Label head = g.code.label(), done = g.code.label();
    const auto address = [&] { g.code.movx(1, kFramePtr), g.code.alu(BPF_ADD, 1, it); };
    address();
    g.code.mov(2, 0);
    g.code.movx(3, 8);
    g.kfunc(kIterNumNew);
    g.code.bind(head);
    address();
    g.kfunc(kIterNumNext);
    g.code.jmp(BPF_JEQ, 0, 0, done);
    switch (g.rng.below(5)) {
      case 0: g.code.ldx(BPF_W, 7, 0, 0), g.code.alu(BPF_AND, 7, 31); break;
      case 1: g.code.alu(BPF_ADD, 8, 1), g.code.alu(BPF_AND, 8, 7); break;
      case 2: g.code.ldx(BPF_W, 3, 0, 0), g.code.jmp(BPF_JGT, 3, 40, done), add(g, 1, 9), access(g, 1, 0); break;
      case 3: g.code.mov(8, 8); break;
      default: break;
    }
    g.code.jump(head);
    g.code.bind(done);
    if (g.rng.chance(96)) {
      address();
      g.kfunc(kIterNumDestroy);
    }
    if (g.rng.chance(40)) add(g, 1, 9), access(g, 1, 0);
    g.code.mov(7, 0);
  }
  static void skb_offset(Gen& g) {
    if (g.frame) return value_add(g);
    buffer_address(g, 3);
    g.code.movx(1, 6);
    g.code.movx(2, 8);
    g.code.mov(4, g.rng.pick({8, 32, 33}));
    g.code.call(kSkbLoad);
  }
  static void until_equal(Gen& g) {  // a loop that ends by value
    const Label head = g.code.label();
    const int step = g.rng.pick({1, 1, 2, 8});
    g.code.bind(head);
    g.code.alu(BPF_ADD, 8, step, g.rng.chance(80));
    if (g.rng.chance(30)) g.code.movx(1, 9), g.code.alux(BPF_ADD, 1, 8), access(g, 1, -8);
    const int end = g.rng.pick({8, 16, 40});
    if (!g.rng.permille(2)) g.code.jmp(BPF_JGT, 8, end, g.leave);
    g.code.jmp(g.rng.pick({BPF_JNE, BPF_JLT, BPF_JSLT}), 8, end, head, g.rng.chance(90));
  }
  static void subprog_use(Gen& g) {
    const bool two = g.rng.chance(40);
    const Label callee = g.defer(FuncKind::Static, [&g] {
      g.frame++;
      g.code.movx(9, 1);
      g.code.movx(8, 2);
      g.code.mov(7, 0);
      if (g.rng.chance(40)) g.guard(40);
      value_add(g);
      g.code.mov(0, 0);
      g.code.bind(g.leave);
      g.code.mov(0, 0);
      g.code.exit();
      g.frame--;
    });
    for (int i = 0; i < (two ? 2 : 1); i++) {
      g.code.movx(1, 9);
      g.code.movx(2, 8);
      g.code.call(callee);
      if (two && i == 0) g.put_value(8, 40, g.rng.chance(80));
    }
  }
  static void may_goto_loop(Gen& g) {
    const Label head = g.code.label(), done = g.code.label();
    g.code.bind(head);
    g.code.may_goto(done);
    switch (g.rng.below(4)) {
      case 0: g.code.alu(BPF_ADD, 8, 1), g.code.jmp(BPF_JGT, 8, 20, g.leave); break;
      case 1: g.code.alu(BPF_ADD, 8, 1), g.code.jmp(BPF_JGT, 8, 40, done); break;
      case 2: add(g, 1, 9), access(g, 1, 0); break;
      default: g.code.mov(8, 5);
    }
    g.code.jump(head);
    g.code.bind(done);
    if (g.rng.chance(60)) add(g, 1, 9), access(g, 1, 0);
  }
  static void load_abs(Gen& g) {
    if (g.frame) return value_add(g);
    if (g.rng.chance(60)) {
      g.code.raw(u8(BPF_LD | BPF_IND | g.rng.pick({BPF_W, BPF_H, BPF_B})), 0, 8, 0, g.rng.pick({0, 8, -8}));
    } else {
      g.code.raw(u8(BPF_LD | BPF_ABS | g.rng.pick({BPF_W, BPF_H, BPF_B})), 0, 0, 0, g.rng.pick({0, 12, 23}));
    }
    g.code.movx(7, 0);
  }
  static void percpu_lookup(Gen& g) {
    g.code.st(BPF_W, kFramePtr, -4, 0);
    g.code.movx(2, kFramePtr);
    g.code.alu(BPF_ADD, 2, -4);
    g.code.map(1, kPercpuArray);
    g.code.movx(3, 8);
    g.code.call(kPercpuLookup);
    if (g.rng.chance(85)) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    access(g, 0, 0);
  }
  static void redirect(Gen& g) {
    g.code.map(1, g.rng.pick({kDevmap, kCpumap, kXskmap}));
    g.code.movx(2, 8);
    g.code.mov(3, 0);
    g.code.call(kRedirectMap);
  }
};

std::span<const SinkRow> sinks() {
  using S = Sinks;
  static constexpr SinkRow kRows[] = {
      {"value_add", 40, 0, false, S::value_add},
      {"direct_value_add", 32, 0, false, S::direct_value_add},
      {"stack_add", 24, 0, false, S::stack_add},
      {"stack_smash", 24, 0, false, S::stack_smash},
      {"packet_add", 1000, 0, false, S::packet_add},
      {"ctx_add", 0, 0, false, S::ctx_add},
      {"helper_size", 32, 0, false, S::helper_size},
      {"const_size", 0, 0, false, S::const_size},
      {"tail_call", 3, 0, false, S::tail_call},
      {"array_key", 3, 0, false, S::array_key},
      {"return_value", -1, 0, true, S::return_value},
      {"loop_bound", 8, 0, false, S::loop_bound},
      {"divide", 40, 0, false, S::divide},
      {"loop_count", 40, 0, false, S::loop_count},
      {"dynptr_size", 40, 0, false, S::dynptr_size},
      {"shift", 5, 0, false, S::shift},
      {"dead_branch", 40, 0, false, S::dead_branch},
      {"register_compare", 40, 0, false, S::register_compare},
      {"helper_flags", 0, 0, false, S::helper_flags},
      {"iterator", 10, 0, false, S::iterator},
      {"skb_offset", 100, kSkb, false, S::skb_offset},
      {"until_equal", 7, 0, false, S::until_equal},
      {"subprog_use", 40, 0, false, S::subprog_use},
      {"may_goto", 40, 0, false, S::may_goto_loop},
      {"load_abs", 100, kLdAbs, false, S::load_abs},
      {"percpu_lookup", 1, 0, false, S::percpu_lookup},
      {"redirect", 3, kRedirect, false, S::redirect},
  };
  return kRows;
}

}  // namespace skep::fuzz
