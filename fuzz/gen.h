// The generator: structured programs, mostly acceptable, aimed at what decides verdicts (pruning, precision, ids,
// references). A program is a prologue, some segments, and an exit; segments share four registers:
//
//   r6  the context           r7  an unknown scalar, the conditions' operand
//   r8  the value under way   r9  a map value of 48 bytes (in main and most subprograms)
//
// A *cell* is diamonds that leave different values in r8, a transport that takes r8 through some place and back, and a
// sink whose rule the value must satisfy (reliability of the verifier rests on the pair, so both are counted).
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "fuzz/code.h"
#include "fuzz/profile.h"
#include "fuzz/rng.h"
#include "fuzz/world.h"

namespace skep::fuzz {

enum Helper : s32 {
  kMapLookup = 1,
  kMapUpdate = 2,
  kMapDelete = 3,
  kProbeRead = 4,
  kKtime = 5,
  kTracePrintk = 6,
  kPrandom = 7,
  kCpuId = 8,
  kSkbStore = 9,
  kTailCall = 12,
  kPidTgid = 14,
  kGetComm = 16,
  kPerfOutput = 25,
  kSkbLoad = 26,
  kCsumDiff = 28,
  kSkbPull = 39,
  kAdjustHead = 44,
  kRedirectMap = 51,
  kSkLookup = 84,
  kSkRelease = 86,
  kMapPush = 87,
  kMapPop = 88,
  kMapPeek = 89,
  kSpinLockHelper = 93,
  kSpinUnlock = 94,
  kSkFullsock = 95,
  kTcpSock = 96,
  kListener = 98,
  kProbeReadUser = 112,
  kRingOutput = 130,
  kRingReserve = 131,
  kRingSubmit = 132,
  kRingDiscard = 133,
  kRingQuery = 134,
  kForEach = 164,
  kSnprintf = 165,
  kTimerInit = 169,
  kTimerCallback = 170,
  kTimerStart = 171,
  kLoop = 181,
  kPercpuLookup = 195,
  kDynFromMem = 197,
  kDynReserve = 198,
  kDynSubmit = 199,
  kDynDiscard = 200,
  kDynRead = 201,
  kDynWrite = 202,
  kDynData = 203,
  kCopyFromUser = 148,
  kPerCpuPtr = 153,
  kThisCpuPtr = 154,
  kCurrentTask = 158,
  kTaskPtRegs = 175,
  kUserRingDrain = 209,
  kKptrXchg = 194,
};

struct Gen {
  Gen(Rng& rng, const Profile& profile, const World& world, Program& out)
      : rng(rng), profile(profile), world(world), out(out) {}

  void program();

  // What the segments share.
  // A function still to be written, and how.
  Label defer(FuncKind kind, std::function<void()> body);
  // An exception handler for the whole program.
  void want_handler();
  bool has(u32 trait) const { return profile.traits & trait; }
  bool slip() { return rng.chance(4); }  // time for a mistake

  void segment();  // one, of any kind
  // gen.cc: small pieces
  void map_value(int dst, int slot, bool checked = true);  // lookup with a constant key; r1-r5 are lost
  void unknown(int dst);                                   // dst = some scalar nothing is known of
  void condition(int reg, Label to);                       // a conditional jump on a scalar register
  void doubt();                                            // now and then two paths that meet again
  void checkpoint();                                       // makes it likely that a state is kept here
  int slot() { return -8 * rng.range(2, 12); }             // of the frame, below the key's
  int fresh_slot(int bytes = 8);                           // stack no other segment of this function uses
  void fill(int off, int bytes);                           // initialises stack memory
  void stack_address(int reg, int off);                    // reg = fp + off
  void field_address(int reg, int base, int off);          // reg = base + off
  void kfunc(KfuncSlot slot) { code.kfunc(world.kfuncs[slot]); }
  u8 size_code() { return rng.pick({isa::BPF_B, isa::BPF_H, isa::BPF_W, isa::BPF_DW}); }
  void restore_value_pointer() { map_value(9, kArray); }  // r9 again a map value where a segment took it

  // cell.cc
  void put_value(int reg, s64 limit, bool safe);
  void diamonds(s64 limit, bool safe);
  void guard(s64 limit);

  Rng& rng;
  const Profile& profile;
  const World& world;
  Program& out;
  Code code;
  Label leave;           // of the function being written: r0 = 0; exit
  int next_slot = -104;  // fresh slots go downwards from here
  int frame = 0;         // 0: main, else depth of the subprogram being written
  bool in_callback = false;

 private:
  struct Deferred {
    Label label;
    FuncKind kind;
    std::function<void()> body;
  };

  // gen.cc: the frame of a program
  void prologue();
  void handler();
  void finish_functions();
  void epilogue();

  // cell.cc
  void cell();
  void pointer_cell();

  std::vector<Deferred> pending;
  bool has_handler = false;
};

// Rows of the cell table: names for people, functions for the generator.
struct TransportRow {
  std::string_view name;
  void (*emit)(Gen&);
};
struct SinkRow {
  std::string_view name;
  s64 limit;   // largest value that is safe
  u32 traits;  // that the program type must have
  bool ends;   // nothing may follow
  void (*emit)(Gen&);
};
std::span<const TransportRow> transports();
std::span<const SinkRow> sinks();

// The other segments: each leaves r6-r9 as it found them, in kind.
struct SegmentRow {
  u32 weight, traits;  // traits the program type must have
  void (*emit)(Gen&);
};
std::span<const SegmentRow> ref_segments();      // refs.cc: what must be given back
std::span<const SegmentRow> loop_segments();     // loops.cc
std::span<const SegmentRow> arith_segments();    // arith.cc
std::span<const SegmentRow> object_segments();   // objects.cc: allocated objects, lists, trees
std::span<const SegmentRow> kptr_segments();     // kptrs.cc
std::span<const SegmentRow> btf_segments();      // btf_walk.cc: pointers to the kernel's structs
std::span<const SegmentRow> section_segments();  // sections.cc: RCU, preemption, interrupts, locks
std::span<const SegmentRow> frame_segments();    // frames.cc: exceptions, global functions, tail calls, deep calls
std::span<const SegmentRow> dynptr_segments();   // dynptrs.cc
std::span<const SegmentRow> iter_segments();     // iters.cc
std::span<const SegmentRow> arena_segments();    // arena.cc

// A segment that takes r9 for itself, as a row: r9 is the map value again afterwards.
template <void (*body)(Gen&)>
void then_restore(Gen& gen) {
  body(gen);
  gen.restore_value_pointer();
}

// Walks from the struct of that id in `reg` along random members for a few loads; pointers end up in r8. Returns the
// struct r8 points to, or 0 if the walk ended at a scalar.
u32 walk_struct(Gen& gen, int reg, u32 struct_id, int loads);

// Program number `index` of a seed.
Program generate(u64 seed, u64 index, const World& world, bool* mutated);

// Changes one to three instructions at random.
void mutate(Program& program, Rng& rng);

}  // namespace skep::fuzz
