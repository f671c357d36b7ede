// States saved at prune points, and what looking them up decides (spec: exploration.md 3.4 to 3.6).
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "verifier/prune/prune.h"

namespace skep::verifier {

// Where a state is with respect to loops: call sites, then the loop's number ("call chain key").
struct LoopKey {
  std::vector<int> callsites;
  u32 scc = 0;
  bool operator<(const LoopKey& o) const { return scc != o.scc ? scc < o.scc : callsites < o.callsites; }
};

// A visit of a loop: its entry state, and states that were found equal to states of the same loop before those were
// complete.
struct LoopVisit {
  VerifierState* entry_state = nullptr;
  std::vector<std::unique_ptr<VerifierState>> backedges;  // newest first
};

// A saved state. Lives until no path below it is open and nothing refers to it any more.
struct Checkpoint : VerifierState {
  explicit Checkpoint(const VerifierState& state) : VerifierState(state) {}
  u32 misses = 0, hits = 0;
  size_t free_index = 0;  // in the free list, if evicted
  bool in_free_list = false;
  LoopVisit* loop = nullptr;  // of the loop it lies in
  Mismatch last_mismatch;
};

class Explored {
 public:
  explicit Explored(u32 nr_insns) : bucket_at_(nr_insns) {}

  enum class Visit { Continue, Pruned };
  // The visited-state check at a prune point (is_state_visited). May save a checkpoint.
  Outcome is_state_visited(Env&, int insn_idx, Visit& result);
  // The path ended: releases it and every ancestor that has no open path left (update_branch_counts).
  Outcome release_branches(Env&, VerifierState* state);
  // The newest open state at `insn_idx` with the same call sites that `state` descends from (find_prev_entry), or
  // nullptr.
  VerifierState* find_prev_entry(Env&, const VerifierState& state, int insn_idx);
  // Forgets all states before the next run (main, each global function).
  void start_run();

 private:
  // What scanning asks of a state, beside it.
  struct Entry {
    std::unique_ptr<Checkpoint> state;
    int insn_idx;
    bool cleaned = false;
  };
  using Bucket = std::vector<Entry>;  // oldest first: scanned from the back

  Bucket& bucket_of(const Env&, const VerifierState& state, int insn_idx);
  void clean_finished(Env&, Bucket& bucket, int insn_idx);
  void clean_state(Env&, VerifierState& state);
  void free_if_unused(Checkpoint& state);
  enum class Match { Hit, LoopHit, Miss, LoopSkip };
  Outcome compare(Env&, Checkpoint& old, int insn_idx, bool& loop, Match& match);
  Outcome compare_open(Env&, Checkpoint& old, int insn_idx, bool loop, Match& match);
  Outcome reject_infinite_loop(Env&, const VerifierState& old, int insn_idx);
  Outcome take_hit(Env&, Checkpoint& old, int insn_idx, bool loop);
  bool evict_if_useless(Env&, Bucket& bucket, size_t at, int insn_idx);
  void pack_ancestor(const VerifierState& saved);
  void save(Env&, Bucket& bucket, int insn_idx);
  void update_peak(Env&);

  bool loop_key(const Env&, const VerifierState& state, LoopKey& key) const;
  static bool incomplete(const Checkpoint& state) { return state.loop && !state.loop->backedges.empty(); }
  void enter_loop(Env&, Checkpoint& state);
  Outcome exit_loop(Env&, Checkpoint& state);
  void add_backedge(Env&, Checkpoint& old);
  Outcome propagate_backedges(Env&, LoopVisit& visit);

  std::vector<u32> bucket_at_;  // by hash: place in buckets_, from 1; 0: nobody looked there yet
  std::deque<Bucket> buckets_;
  std::vector<std::unique_ptr<Checkpoint>> free_list_;
  std::map<LoopKey, LoopVisit> visits_;
  u32 explored_count_ = 0, free_count_ = 0, backedge_count_ = 0;
};

}  // namespace skep::verifier
