// Trace: the path being walked, instruction by instruction, with every change of a register or stack slot, so that one
// can ask where a value came from. The walk is depth first: when it takes up a queued path, what came after that fork
// is dropped, so a trace is always one path and costs memory for that alone.
#pragma once

#include <vector>

#include "verifier/env.h"

namespace skep::verifier {

// A register or stack slot of a frame.
struct Loc {
  u32 frame = 0;
  int reg = -1;   // 0 to 10
  int slot = -1;  // or a stack slot

  static Loc of_reg(u32 frame, int reg) { return {frame, reg, -1}; }
  static Loc of_slot(u32 frame, int slot) { return {frame, -1, slot}; }
};

// What a step made of a location.
struct Change {
  u32 loc;
  int previous;  // the change before, of the same location; -1: none
  int step;      // -1: the function's entry
  RegState reg;
  u8 slot_type[kSlotBytes];
};

// Locks, sections and references held.
struct Held {
  std::vector<Reference> refs;
  u32 preempt = 0;
  bool rcu = false;
  bool operator==(const Held&) const = default;
};

struct Step {
  int insn;
  u32 frame;  // before it
};

class Trace {
 public:
  // The walk of a function begins.
  void restart(Env& env);
  void begin_step(Env& env);
  void end_step(Env& env);
  void resume(Env& env);
  // Frames lie in the env's memory: to be called before that goes.
  void let_go();

  int size() const { return int(steps_.size()); }
  const Step& step(int i) const { return steps_[i]; }
  // The newest change of a location by a step below `before`, or null: never written, or too long ago to be recorded.
  const Change* change_before(Loc loc, int before) const;
  // What is known of a register before a step; never null.
  const RegState& reg_before(u32 frame, int reg, int step) const;
  // The path is longer than is recorded.
  bool truncated() const { return truncated_; }
  // What was held after which steps, ascending; only steps that changed it.
  const std::vector<std::pair<int, Held>>& held() const { return held_; }

 private:
  static constexpr u32 kLocs = isa::kNumRegs + kMaxSlots;
  static u32 index(Loc loc) { return loc.frame * kLocs + u32(loc.slot < 0 ? loc.reg : isa::kNumRegs + loc.slot); }

  void record(Env& env, int step, bool slots);
  void record_frame(const FuncState& frame, u32 f, int step, bool is_new, bool slots);
  void record_reg(u32 loc, const RegState& reg, int step, bool is_new);
  void record_slot(u32 loc, const StackSlot& slot, int step, bool is_new);
  void add(u32 loc, int step, const RegState& reg, const u8* slot_type);
  void record_held(const VerifierState& state, int step);
  void forget_from(int step);
  void forget_all();

  std::vector<Step> steps_;
  std::vector<Change> changes_;
  std::vector<int> last_ = std::vector<int>(kMaxFrames * kLocs, -1);
  std::vector<std::pair<int, Held>> held_;
  std::vector<int> forks_;  // step that queued each pending path
  Cow<FuncState> seen_[kMaxFrames];
  u32 depth_ = 0;
  bool truncated_ = false;
};

}  // namespace skep::verifier
