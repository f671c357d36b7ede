// Segments about objects of the program's own types: made, counted, put into lists and trees of a map value, taken out
// again, dropped. r8 is the object, r9 the map value with lock, lists and trees.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

// A type with nodes, and the roots of struct graph_value that hold it; offsets in bytes, -1: none.
struct ItemKind {
  const char* type;
  int list_node, tree_node, list_head, tree_root;
};
constexpr ItemKind kListItem = {"struct list_item", 8, -1, 8, -1};
constexpr ItemKind kTreeItem = {"struct tree_item", -1, 8, -1, 24};
constexpr ItemKind kBothItem = {"struct both_item", 8, 32, 40, 56};
constexpr int kResListHead = 8;  // of struct res_value

struct Objects {
  // r8 = a new object; the program leaves if there is none.
  static void make(Gen& g, const char* type, KfuncSlot maker = kObjNew) {
    g.code.mov(1, g.world.type_id(type));
    g.code.mov(2, 0);
    g.kfunc(maker);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    g.code.movx(8, 0);
  }
  static void drop(Gen& g, int reg, KfuncSlot dropper = kObjDrop) {
    if (g.slip()) return;
    g.code.movx(1, reg);
    g.code.mov(2, 0);
    g.kfunc(dropper);
  }
  static void lock(Gen& g) {
    if (g.slip()) return;
    g.code.movx(1, 9);
    g.code.call(kSpinLockHelper);
  }
  static void unlock(Gen& g) {
    if (g.slip()) return;
    g.code.movx(1, 9);
    g.code.call(kSpinUnlock);
  }
  static void touch(Gen& g, int reg, int base = 0) {
    if (g.rng.chance(50)) return;
    const int off = base + g.rng.pick({0, 0, 0, 4});
    if (g.rng.chance(50)) {
      g.code.st(g.rng.pick({BPF_W, BPF_B}), reg, off, 1);
    } else {
      g.code.ldx(g.rng.pick({BPF_W, BPF_H}), 3, reg, off);
    }
    if (g.slip()) g.code.ldx(BPF_DW, 3, reg, base + g.rng.pick({8, 16, 64, 72, -8}));
  }
  // Takes the object through a place and back.
  static void carry(Gen& g, int reg) {
    switch (g.rng.below(4)) {
      case 0: {
        const int s = g.slot();
        g.code.stx(BPF_DW, kFramePtr, s, reg);
        if (g.rng.chance(50)) g.code.mov(reg, 0);
        g.checkpoint();
        return g.code.ldx(BPF_DW, reg, kFramePtr, s);
      }
      case 1: {
        const Label callee = g.defer(FuncKind::Static, [&g] {
          if (g.rng.chance(40)) touch(g, 1);
          g.code.movx(0, 1);
          g.code.bind(g.leave);
          g.code.exit();
        });
        g.code.movx(1, reg);
        g.code.call(callee);
        return g.code.movx(reg, 0);
      }
      default: return g.doubt();
    }
  }

  static void plain(Gen& g) {
    make(g, g.rng.pick({"struct plain", "struct plain", "struct counted", "struct both_item", "struct holder"}));
    touch(g, 8);
    carry(g, 8);
    if (g.rng.chance(12)) {
      g.unknown(7);
      g.code.alu(BPF_AND, 7, g.rng.pick({1, 7, 8}));
      g.code.alux(BPF_ADD, 8, 7);
    }
    drop(g, 8);
    if (g.slip()) touch(g, 8);
  }
  static void percpu(Gen& g) {
    make(g, g.rng.chance(95) ? "struct plain" : "struct counted", kPercpuObjNew);
    carry(g, 8);
    if (g.rng.chance(70)) {
      g.code.movx(1, 8);
      const bool here = g.rng.chance(60);
      if (!here) g.code.mov(2, 0);
      g.code.call(here ? kThisCpuPtr : kPerCpuPtr);
      const Label none = g.code.label();
      if (!here && !g.slip()) g.code.jmp(BPF_JEQ, 0, 0, none);
      touch(g, 0);
      g.code.bind(none);
    }
    if (g.slip()) touch(g, 8);
    drop(g, 8, g.slip() ? kObjDrop : kPercpuObjDrop);
  }
  static void counted(Gen& g) {
    make(g, g.rng.chance(60) ? "struct counted" : "struct both_item");
    g.code.movx(1, 8);
    g.code.mov(2, 0);
    g.kfunc(kRefcountAcquire);
    g.code.movx(7, 0);
    if (g.slip()) g.code.jmp(BPF_JEQ, 7, 0, g.leave);
    touch(g, 7);
    carry(g, 8);
    drop(g, 8);
    if (g.rng.chance(40)) g.checkpoint();
    touch(g, 7);
    drop(g, 7);
  }

  // Under the lock: the object becomes the list's.
  static void push(Gen& g, const ItemKind& kind) {
    g.field_address(1, 9, kind.list_head + (g.slip() ? 8 : 0));
    g.field_address(2, 8, kind.list_node + (g.slip() ? -8 : 0));
    g.code.mov(3, 0);
    g.code.mov(4, 0);
    g.kfunc(g.rng.pick({kListPushFront, kListPushBack}));
  }
  // What was taken out in r7, and given back outside of the lock.
  static void give_back(Gen& g, int node) {
    const Label none = g.code.label();
    if (!g.slip()) g.code.jmp(BPF_JEQ, 7, 0, none);
    touch(g, 7, -node);
    if (!g.slip()) g.code.alu(BPF_SUB, 7, node);
    drop(g, 7);
    g.code.bind(none);
  }
  static void list(Gen& g) {
    const ItemKind& kind = g.rng.chance(60) ? kListItem : kBothItem;
    g.map_value(9, kGraph);
    make(g, kind.type);
    touch(g, 8);
    carry(g, 8);
    lock(g);
    push(g, kind);
    touch(g, 8);
    const u32 then = g.rng.below(4);
    if (then == 1) {
      g.field_address(1, 9, kind.list_head);
      g.kfunc(g.rng.pick({kListPopFront, kListPopBack}));
      g.code.movx(7, 0);
    }
    if (then == 2) {  // look at an element without taking it
      const Label none = g.code.label();
      g.field_address(1, 9, kind.list_head);
      g.kfunc(g.rng.pick({kListFront, kListBack}));
      g.code.jmp(BPF_JEQ, 0, 0, none);
      g.code.movx(7, 0);
      touch(g, 7, -kind.list_node);
      g.code.bind(none);
    }
    unlock(g);
    if (g.slip()) touch(g, 8);
    if (then == 1) give_back(g, kind.list_node);
  }
  static void pop_loop(Gen& g) {
    const Label head = g.code.label(), done = g.code.label();
    g.map_value(9, kGraph);
    g.code.bind(head);
    g.code.may_goto(done);
    lock(g);
    g.field_address(1, 9, kListItem.list_head);
    g.kfunc(g.rng.pick({kListPopFront, kListPopBack}));
    g.code.movx(7, 0);
    unlock(g);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 7, 0, done);
    g.code.movx(1, 7);
    if (!g.slip()) g.code.alu(BPF_SUB, 1, kListItem.list_node);
    g.code.mov(2, 0);
    if (!g.slip()) g.kfunc(kObjDrop);
    g.code.jump(head);
    g.code.bind(done);
  }

  static Label less(Gen& g, const ItemKind& kind) {
    const u32 what = g.rng.below(3);
    return g.defer(FuncKind::Static, [&g, kind, what] {
      const Label over = g.code.label();
      g.code.mov(0, 0);
      if (what == 1) {
        g.code.ldx(BPF_DW, 3, 1, -kind.tree_node);
        g.code.ldx(BPF_DW, 4, 2, -kind.tree_node);
        g.code.jmpx(BPF_JGE, 3, 4, over);
        g.code.mov(0, 1);
      }
      if (what == 2) {
        g.code.ldx(BPF_W, 0, 1, -kind.tree_node);
        g.code.alu(BPF_AND, 0, g.slip() ? 3 : 1);
      }
      g.code.bind(over);
      g.code.bind(g.leave);
      g.code.exit();
    });
  }
  static void add(Gen& g, const ItemKind& kind) {
    g.field_address(1, 9, kind.tree_root);
    g.field_address(2, 8, kind.tree_node + (g.slip() ? 8 : 0));
    g.code.func_addr(3, less(g, kind));
    g.code.mov(4, 0);
    g.code.mov(5, 0);
    g.kfunc(kRbtreeAdd);
  }
  static void tree(Gen& g) {
    const ItemKind& kind = g.rng.chance(60) ? kTreeItem : kBothItem;
    const bool put = g.rng.chance(75), take = g.rng.chance(50);
    g.map_value(9, kGraph);
    if (put) {
      make(g, kind.type);
      touch(g, 8);
      carry(g, 8);
    }
    g.code.mov(7, 0);
    lock(g);
    if (put) add(g, kind);
    if (put) touch(g, 8);
    const Label none = g.code.label();
    if (take) {
      g.field_address(1, 9, kind.tree_root);
      g.kfunc(g.rng.pick({kRbtreeFirst, kRbtreeFirst, kRbtreeRoot}));
      if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, none);
      if (g.rng.chance(30)) {
        g.code.movx(2, 0);
        g.field_address(1, 9, kind.tree_root);
        g.kfunc(g.rng.pick({kRbtreeLeft, kRbtreeRight}));
        g.code.jmp(BPF_JEQ, 0, 0, none);
      }
      touch(g, 0, -kind.tree_node);
      g.code.movx(2, 0);
      g.field_address(1, 9, kind.tree_root);
      g.kfunc(kRbtreeRemove);
      g.code.movx(7, 0);
    }
    g.code.bind(none);
    unlock(g);
    if (take) give_back(g, kind.tree_node);
  }
  // One object in a list and a tree at once, by its count.
  static void both(Gen& g) {
    g.map_value(9, kGraph);
    make(g, kBothItem.type);
    g.code.movx(1, 8);
    g.code.mov(2, 0);
    g.kfunc(kRefcountAcquire);
    g.code.movx(7, 0);
    lock(g);
    push(g, kBothItem);
    touch(g, 8);
    g.code.movx(8, 7);
    if (g.rng.chance(70)) {
      add(g, kBothItem);
      unlock(g);
    } else {
      unlock(g);
      touch(g, 8);
      drop(g, 8);
    }
    if (g.slip()) touch(g, 8);
  }
  // The same list under a lock that may fail.
  static void res_list(Gen& g) {
    g.map_value(9, kResLocked);
    make(g, kListItem.type);
    const Label failed = g.code.label(), done = g.code.label();
    g.code.movx(1, 9);
    g.kfunc(kResLock);
    if (!g.slip()) g.code.jmp(BPF_JNE, 0, 0, failed);
    g.field_address(1, 9, kResListHead);
    g.field_address(2, 8, kListItem.list_node);
    g.code.mov(3, 0);
    g.code.mov(4, 0);
    g.kfunc(kListPushBack);
    touch(g, 8);
    g.code.movx(1, 9);
    if (!g.slip()) g.kfunc(kResUnlock);
    g.code.jump(done);
    g.code.bind(failed);
    drop(g, 8);
    g.code.bind(done);
  }
};

}  // namespace

std::span<const SegmentRow> object_segments() {
  using O = Objects;
  constexpr u32 kGraphs = kGeneric | kLocks;
  static constexpr SegmentRow kRows[] = {
      {12, kGeneric, O::plain},
      {8, kGeneric, O::percpu},
      {10, kGeneric, O::counted},
      {18, kGraphs, then_restore<O::list>},
      {6, kGraphs, then_restore<O::pop_loop>},
      {18, kGraphs, then_restore<O::tree>},
      {10, kGraphs, then_restore<O::both>},
      {8, kGeneric, then_restore<O::res_list>},
  };
  return kRows;
}

}  // namespace skep::fuzz
