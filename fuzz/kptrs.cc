// Segments about pointers kept in map values: put in, exchanged, loaded in and outside of RCU sections; and about the
// kernel's counted objects. r8 is the object, r9 the map value.
#include "fuzz/gen.h"

namespace skep::fuzz {

using namespace isa;

namespace {

// Fields of struct kptr_value, in bytes.
enum Field { kRaw = 8, kTask = 16, kCgroup = 24, kMask = 32, kPlain = 40, kPercpu = 48, kBoth = 56 };

struct CountedKind {
  Field field;
  KfuncSlot release;
  const char* local_type;  // of the program's BTF, or nullptr
  const char* kernel_type;
};
constexpr CountedKind kTaskKind = {kTask, kTaskRelease, nullptr, "task_struct"};
constexpr CountedKind kCgroupKind = {kCgroup, kCgroupRelease, nullptr, "cgroup"};
constexpr CountedKind kMaskKind = {kMask, kCpumaskRelease, nullptr, "bpf_cpumask"};
constexpr CountedKind kPlainKind = {kPlain, kObjDrop, "struct plain", nullptr};
constexpr CountedKind kPercpuKind = {kPercpu, kPercpuObjDrop, "struct plain", nullptr};
constexpr CountedKind kBothKind = {kBoth, kObjDrop, "struct both_item", nullptr};

struct Kptrs {
  static const CountedKind& kind(Gen& g) {
    const bool masks = g.has(kCpumasks);
    switch (g.rng.below(masks ? 6 : 5)) {
      case 0: return kTaskKind;
      case 1: return kCgroupKind;
      case 2: return kPlainKind;
      case 3: return kPercpuKind;
      case 4: return kBothKind;
      default: return kMaskKind;
    }
  }
  // r8 = one of its own; the program leaves if there is none.
  static void get(Gen& g, const CountedKind& kind) {
    if (kind.local_type) {
      g.code.mov(1, g.world.type_id(kind.local_type));
      g.code.mov(2, 0);
      g.kfunc(kind.field == kPercpu ? kPercpuObjNew : kObjNew);
    } else if (kind.field == kMask) {
      g.kfunc(kCpumaskCreate);
    } else {
      g.code.mov(1, 1);
      g.kfunc(kind.field == kTask ? kTaskFromPid : kCgroupFromId);
    }
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    g.code.movx(8, 0);
  }
  static void put(Gen& g, int reg, const CountedKind& kind) {
    if (g.slip()) return;
    g.code.movx(1, reg);
    if (kind.local_type) g.code.mov(2, 0);
    g.kfunc(kind.release);
  }
  static void look(Gen& g, int reg, const CountedKind& kind) {
    if (g.rng.chance(40)) return;
    if (kind.kernel_type) {
      walk_struct(g, reg, g.world.kernel->find(kind.kernel_type, btf::Kind::Struct), 1);
    } else {
      g.code.ldx(g.size_code(), 3, reg, 0);
    }
  }

  // Gets one, looks, gives it back.
  static void counted(Gen& g) {
    const CountedKind& k = kind(g);
    get(g, k);
    g.doubt();
    if (k.field == kMask && g.rng.chance(50)) {
      g.code.mov(1, 0);
      g.code.movx(2, 8);
      g.kfunc(kCpumaskSetCpu);
    }
    if (k.field == kTask && g.rng.chance(40)) {
      const Label none = g.code.label();
      g.code.movx(1, 8);
      g.kfunc(kTaskAcquire);
      g.code.movx(7, 0);
      if (!g.slip()) g.code.jmp(BPF_JEQ, 7, 0, none);
      put(g, 7, k);
      g.code.bind(none);
    }
    if (k.field == kCgroup && g.rng.chance(30)) {
      const Label none = g.code.label();
      g.code.movx(1, 8);
      g.code.mov(2, 1);
      g.kfunc(kCgroupAncestor);
      g.code.movx(7, 0);
      g.code.jmp(BPF_JEQ, 7, 0, none);
      put(g, 7, k);
      g.code.bind(none);
    }
    if (k.field != kPercpu) keep_and_look(g, k);
    put(g, 8, k);
    if (g.slip()) g.code.ldx(BPF_W, 3, 8, 0);
  }
  // r8 survives a look.
  static void keep_and_look(Gen& g, const CountedKind& k) {
    const int s = g.fresh_slot();
    g.code.stx(BPF_DW, kFramePtr, s, 8);
    g.code.movx(7, 8);
    look(g, 7, k);
    g.checkpoint();
    g.code.ldx(BPF_DW, 8, kFramePtr, s);
  }
  static void exchange(Gen& g) {
    const CountedKind& k = kind(g);
    g.map_value(9, kKptrs);
    const bool in_section = g.rng.chance(20);
    get(g, k);
    g.doubt();
    if (in_section) g.kfunc(kRcuLock);
    g.field_address(1, 9, g.slip() ? g.rng.pick({8, 16, 40, 20}) : int(k.field));
    if (g.rng.chance(85)) {
      g.code.movx(2, 8);
    } else {
      put(g, 8, k);
      g.field_address(1, 9, k.field);
      g.code.mov(2, 0);
    }
    g.code.call(kKptrXchg);
    if (g.slip()) look(g, 8, k);
    g.code.movx(8, 0);
    if (in_section && !g.slip()) g.kfunc(kRcuUnlock);
    const Label none = g.code.label();
    if (!g.slip()) g.code.jmp(BPF_JEQ, 8, 0, none);
    if (k.field != kPercpu) keep_and_look(g, k);
    put(g, 8, k);
    g.code.bind(none);
  }
  // An object that holds pointers of its own.
  static void holder(Gen& g) {
    const bool task = g.rng.chance(50);
    const CountedKind& k = task ? kTaskKind : kPlainKind;
    g.code.mov(1, g.world.type_id("struct holder"));
    g.code.mov(2, 0);
    g.kfunc(kObjNew);
    g.code.jmp(BPF_JEQ, 0, 0, g.leave);
    g.code.movx(9, 0);
    const Label none = g.code.label(), given = g.code.label();
    if (task) {
      g.code.mov(1, 1);
      g.kfunc(kTaskFromPid);
    } else {
      g.code.mov(1, g.world.type_id("struct plain"));
      g.code.mov(2, 0);
      g.kfunc(kObjNew);
    }
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, none);
    g.code.movx(2, 0);
    g.field_address(1, 9, task ? 8 : 16);
    g.code.call(kKptrXchg);
    if (!g.slip()) g.code.jmp(BPF_JEQ, 0, 0, given);
    put(g, 0, k);
    g.code.bind(given);
    g.code.bind(none);
    if (g.slip()) g.code.ldx(BPF_DW, 3, 9, 8);
    g.code.movx(1, 9);
    g.code.mov(2, 0);
    if (!g.slip()) g.kfunc(kObjDrop);
  }
  static void load(Gen& g) {
    const CountedKind& k = kind(g);
    g.map_value(9, kKptrs);
    const bool section = g.rng.chance(70);
    const int field = g.rng.chance(12) ? int(kRaw) : int(k.field);
    const Label none = g.code.label();
    if (section) g.kfunc(kRcuLock);
    g.code.ldx(g.slip() ? BPF_W : BPF_DW, 8, 9, field);
    if (g.rng.chance(85)) g.code.jmp(BPF_JEQ, 8, 0, none);
    if (g.rng.chance(20)) g.doubt();
    if (k.field == kTask && field == kTask && g.rng.chance(50)) {
      g.code.movx(1, 8);
      g.kfunc(kTaskAcquire);
      g.code.movx(7, 0);
      if (!g.slip()) g.code.jmp(BPF_JEQ, 7, 0, none);
      put(g, 7, k);
    } else if (k.field == kPercpu) {
      g.code.movx(1, 8);
      g.code.call(kThisCpuPtr);
      g.code.ldx(g.size_code(), 3, 0, 0);
    } else {
      look(g, 8, k);
    }
    if (section && g.slip()) {
      g.kfunc(kRcuUnlock);
      g.code.ldx(BPF_W, 3, 8, 0);
      g.kfunc(kRcuLock);
    }
    g.code.bind(none);
    if (section && !g.slip()) g.kfunc(kRcuUnlock);
    if (g.slip()) g.code.ldx(BPF_W, 3, 8, 0);
  }
  // Plain stores to the fields: most of them are wrong.
  static void store(Gen& g) {
    g.map_value(9, kKptrs);
    const bool task = g.rng.chance(60);
    if (task) g.code.call(kCurrentTask);
    switch (g.rng.below(task ? 4 : 2)) {
      case 0: return g.code.st(BPF_DW, 9, g.rng.pick({8, 8, 8, 0, 16}), g.slip() ? 1 : 0);
      case 1: return g.code.ldx(g.rng.pick({BPF_DW, BPF_DW, BPF_W}), 3, 9, g.rng.pick({0, 8, 8, 16, 12}));
      default: return g.code.stx(BPF_DW, 9, g.rng.pick({8, 8, 8, 16, 0}), 0);
    }
  }
};

}  // namespace

std::span<const SegmentRow> kptr_segments() {
  using K = Kptrs;
  static constexpr SegmentRow kRows[] = {
      {14, kGeneric, K::counted},
      {22, kGeneric, then_restore<K::exchange>},
      {10, kGeneric, then_restore<K::holder>},
      {20, 0, then_restore<K::load>},
      {6, kTasks, then_restore<K::store>},
  };
  return kRows;
}

}  // namespace skep::fuzz
