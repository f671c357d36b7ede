// Which stack slots are still read later, found out while the program is walked (spec: exploration.md 5.2 to 5.4).
//
// A function *instance* is a function reached through one chain of call sites; it lives for the whole load. For each
// frame of the chain and each insn of the function it keeps slots that may be read there, slots that every visit writes
// whole, and, derived from those over the function's control flow, slots live before the insn and slots surely written
// from it on. An instance whose marks changed is recomputed at the end of a path or at a return.
#pragma once

#include <memory>
#include <vector>

#include "verifier/flow.h"

namespace skep::verifier {

class StackLiveness {
 public:
  explicit StackLiveness(Env& env) : env_(env) {}

  // Before and after each insn is executed: its writes are collected, then committed if it was.
  void reset_write_marks(int insn_idx);
  void commit_write_marks();
  void mark_write(u32 frameno, u64 slots) {
    pending_writes_[frameno] |= slots;
    any_write_ = true;
  }
  void mark_read(u32 frameno, u64 slots);
  // The path enters a function: marks go to another instance from here on.
  void forget_current() { current_ = nullptr; }
  // Recomputes every instance of the path's call chain whose marks changed.
  void update();

  // Is slot `spi` of frame `frameno` of `state` read by anything after the state's insn? prepare() once per state.
  void prepare_query(const VerifierState& state);
  // The same without the slots of outer frames that the functions within surely overwrite first: when those were
  // entered, such slots counted as dead.
  void prepare_exact_query(const VerifierState& state);
  bool slot_alive(u32 frameno, int spi) const { return alive_[frameno] >> spi & 1; }

 private:
  struct Masks {
    u64 may_read = 0, must_write = 0, must_write_acc = 0, live_before = 0;
  };
  // One frame's memory as an instance sees it. Nothing is derived anew but where something changed: at the insns that
  // are marked stale, by their place in the postorder.
  struct FrameMasks {
    std::vector<Masks> of_insn;  // empty until the memory is touched
    std::vector<u64> stale;      // bit per place
    u32 first_stale = ~0u, last_stale = 0;

    void mark_stale(u32 place);
    // The first stale place from `at` on, which is stale no more; kNone if there is none.
    u32 take_stale(u32 at);
  };
  enum class Visit : u8 { None, Seen, Wrote };  // committed before; committed before, with writes
  struct Instance;
  struct Inner {
    u64 key;  // call site and subprogram
    std::unique_ptr<Instance> instance;
  };
  struct Instance {
    Instance* outer = nullptr;  // the caller's
    u32 depth = 0;              // frames outside
    int callsite = -1;          // insn of the caller
    u32 subprog = 0, start = 0, len = 0;
    bool updated = false, must_write_dropped = false;
    std::vector<FrameMasks> frames;  // depth + 1
    std::vector<Visit> visits;       // per insn
    std::vector<Inner> inner;        // ascending by key
  };
  static constexpr u32 kNone = ~0u;

  Instance* instance_of(const VerifierState& state, u32 frame);
  Instance* inner_of(Instance* outer, int callsite, u32 subprog);
  void begin_writes(int insn_idx);
  Instance* current();
  Masks& masks_at(Instance& instance, u32 frame, int insn_idx);
  const Masks* find_masks(const Instance& instance, u32 frame, int insn_idx) const;
  void add_read(Instance& instance, u32 frame, int insn_idx, u64 slots);
  void commit(Instance& instance);
  void recompute(Instance& instance);
  bool sweep(Instance& instance, u32 frame);
  bool update_insn(Instance& instance, u32 frame, int insn_idx);
  void forget_written(Instance& instance, FrameMasks& frame);
  void build_flow();
  void mark_stale(const Instance& instance, FrameMasks& frame, int insn_idx);
  void propagate_to_outer(Instance& instance);
  void collect_alive(const VerifierState& state, bool exact);
  void log_change(const Instance& instance, const char* what, u32 frame, int insn_idx, u64 old_mask, u64 new_mask);
  std::string chain_str(const Instance& instance) const;

  Env& env_;
  std::vector<Inner> roots_;  // functions that paths begin in
  // The flow backwards, of all functions: predecessors of insn i are preds_[pred_start_[i] .. pred_start_[i + 1]).
  std::vector<u32> pred_start_;
  std::vector<int> preds_;
  std::vector<u32> place_;  // of each insn in its function's postorder; kNone if it is not reached
  Instance* current_ = nullptr;
  int write_insn_ = -1;
  bool any_write_ = false;  // pending_writes_ are not all 0
  u64 pending_writes_[kMaxFrames] = {};
  u64 alive_[kMaxFrames] = {};
};

}  // namespace skep::verifier
