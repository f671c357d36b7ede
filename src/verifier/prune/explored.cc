// Looking up, saving and forgetting states at prune points. See explored.h and spec exploration.md 3.4.
#include "verifier/prune/explored.h"

#include <algorithm>
#include <cstring>

#include "verifier/call/call.h"
#include "verifier/observer.h"
#include "verifier/print_state.h"
#include "verifier/stack_liveness.h"

namespace skep::verifier {

namespace {

// When to save a state: after so much work since the last one.
constexpr u32 kSaveAfterJumps = 2, kSaveAfterInsns = 8;
// In a loop still being walked, later: its states rarely help.
constexpr u32 kLoopSaveAfterJumps = 20, kLoopSaveAfterInsns = 100;
constexpr size_t kLongHistory = 40;
constexpr u32 kEvictFactor = 3, kEvictFactorCheckpoint = 64;
// With so many states about, those so far up the path are packed: walks back for precision seldom come there.
constexpr u32 kPackAfterStates = 2048;
constexpr int kPackBehind = 8;

bool same_callsites(const VerifierState& a, const VerifierState& b) {
  if (a.curframe != b.curframe) return false;
  for (u32 f = 0; f <= a.curframe; f++)
    if (a.cframe(f).callsite != b.cframe(f).callsite) return false;
  return true;
}

bool iter_active_depths_differ(const VerifierState& old, const VerifierState& cur) {
  for (u32 f = 0; f <= old.curframe; f++) {
    const auto& slots = old.cframe(f).stack;
    for (size_t s = 0; s < slots.size(); s++) {
      if (slots[s].slot_type[0] != STACK_ITER || slots[s].spilled().iter.state != IterState::Active) continue;
      if (s >= cur.cframe(f).stack.size() ||
          cur.cframe(f).stack[s].spilled().iter.depth != slots[s].spilled().iter.depth)
        return true;
    }
  }
  return false;
}

// Nothing there to forget.
bool slot_is_blank(const StackSlot& slot) {
  u64 bytes;
  static_assert(sizeof bytes == sizeof slot.slot_type && STACK_INVALID == 0);
  std::memcpy(&bytes, slot.slot_type, sizeof bytes);
  return !bytes && !slot.reg;
}

// The iterator that R1 points at is active in `cur`.
bool iter_arg_is_active(const VerifierState& cur) {
  const RegState& r1 = cur.cregs()[1];
  int spi = (-(r1.off + int(r1.var.var_off.value)) - 1) / kSlotBytes;
  const auto& slots = cur.cframe(r1.frameno).stack;
  return spi >= 0 && size_t(spi) < slots.size() && slots[size_t(spi)].spilled().iter.state == IterState::Active;
}

}  // namespace

void Explored::start_run() {
  for (Bucket& bucket : buckets_) bucket.clear();
  free_list_.clear();
  visits_.clear();
}

Explored::Bucket& Explored::bucket_of(const Env&, const VerifierState& state, int insn_idx) {
  u32 hash = u32(insn_idx) ^ u32(state.ccur().callsite);
  u32& at = bucket_at_[hash % u32(bucket_at_.size())];
  if (!at) {
    buckets_.emplace_back();
    at = u32(buckets_.size());
  }
  return buckets_[at - 1];
}

void Explored::update_peak(Env& env) {
  env.stats.peak_states = std::max(env.stats.peak_states, explored_count_ + free_count_ + backedge_count_);
}

// --- finished states are cleaned of what nothing reads
// ---------------------------------------------------------------------

void Explored::clean_state(Env& env, VerifierState& state) {
  env.liveness->prepare_query(state);
  for (u32 f = 0; f <= state.curframe; f++) {
    u16 live = env.aux[state.frame_insn_idx(f)].live_regs_before;
    for (int r = 0; r < isa::kFramePtr; r++)
      if (!(live >> r & 1) && state.cframe(f).regs[r].type != NOT_INIT) state.frame(f).regs[r].mark_not_init();
    for (size_t s = 0; s < state.cframe(f).stack.size(); s++) {
      if (env.liveness->slot_alive(f, int(s)) || slot_is_blank(state.cframe(f).stack[s])) continue;
      if (env.options.observer) env.options.observer->slot_cleaned(env, state, f, int(s));
      state.frame(f).stack[s] = StackSlot{};
    }
  }
  state.cleaned = true;
}

void Explored::clean_finished(Env& env, Bucket& bucket, int insn_idx) {
  for (Entry& entry : bucket) {
    if (entry.cleaned || entry.insn_idx != insn_idx) continue;
    Checkpoint& old = *entry.state;
    if (old.branches || !same_callsites(old, *env.cur) || incomplete(old)) continue;
    clean_state(env, old);
    entry.cleaned = true;
  }
}

// --- the check at a prune point
// -------------------------------------------------------------------------------------------

Outcome Explored::reject_infinite_loop(Env& env, const VerifierState& old, int insn_idx) {
  print_source_line(env, insn_idx, "; ");
  Outcome outcome = env.reject(diag::InfiniteLoop{}, insn_idx);
  env.log.print("cur state:");
  print_verifier_state(env, *env.cur, env.cur->curframe, true);
  env.log.print("old state:");
  print_verifier_state(env, old, env.cur->curframe, true);
  return outcome;
}

// A state some path of which is still open: an ancestor, or a branch not yet walked. Equality there means a loop, not
// safety.
Outcome Explored::compare_open(Env& env, Checkpoint& old, int insn_idx, bool loop, Match& match) {
  VerifierState& cur = *env.cur;
  const FuncState& top = old.ccur();
  match = Match::LoopSkip;
  if (top.in_async_callback_fn && top.async_entry_cnt != cur.ccur().async_entry_cnt) return kOk;
  const InsnAux& aux = env.aux[insn_idx];
  if (aux.is_iter_next) {
    if (states_equal(env, old, cur, ExactLevel::RangeWithin, old.last_mismatch) && iter_arg_is_active(cur))
      match = Match::LoopHit;
    return kOk;
  }
  if (isa::is_may_goto(env.insns[insn_idx])) {
    if (old.may_goto_depth != cur.may_goto_depth &&
        states_equal(env, old, cur, ExactLevel::RangeWithin, old.last_mismatch)) {
      match = Match::LoopHit;
      return kOk;
    }
  }
  if (aux.calls_callback) {
    if (states_equal(env, old, cur, ExactLevel::RangeWithin, old.last_mismatch))
      match = loop ? Match::LoopHit : Match::Hit;
    return kOk;
  }
  if (regs_exact_top_frame(old, cur, old.last_mismatch) &&
      states_equal(env, old, cur, ExactLevel::Exact, old.last_mismatch) && !iter_active_depths_differ(old, cur) &&
      old.may_goto_depth == cur.may_goto_depth && old.callback_unroll_depth == cur.callback_unroll_depth)
    return reject_infinite_loop(env, old, insn_idx);
  return kOk;
}

Outcome Explored::compare(Env& env, Checkpoint& old, int insn_idx, bool& loop, Match& match) {
  if (old.branches) return compare_open(env, old, insn_idx, loop, match);
  loop = incomplete(old);
  bool equal =
      states_equal(env, old, *env.cur, loop ? ExactLevel::RangeWithin : ExactLevel::NotExact, old.last_mismatch);
  match = !equal ? Match::Miss : loop ? Match::LoopHit : Match::Hit;
  return kOk;
}

Outcome Explored::take_hit(Env& env, Checkpoint& old, int insn_idx, bool loop) {
  old.hits++;
  if (env.aux[insn_idx].jmp_point) push_jmp_history(env, *env.cur, 0, 0);
  SKEP_TRY(propagate_precision(env, old, *env.cur, nullptr));
  if (loop) add_backedge(env, old);
  return kOk;
}

void Explored::free_if_unused(Checkpoint& state) {
  if (!state.in_free_list || state.branches || incomplete(state)) return;
  size_t at = state.free_index;
  free_list_[at].swap(free_list_.back());
  free_list_[at]->free_index = at;
  free_list_.pop_back();
  free_count_--;
}

// A state that is compared often and never fits is not worth comparing. True: it left the bucket.
bool Explored::evict_if_useless(Env& env, Bucket& bucket, size_t at, int insn_idx) {
  Checkpoint& old = *bucket[at].state;
  u32 n = env.aux[insn_idx].force_checkpoint && old.branches ? kEvictFactorCheckpoint : kEvictFactor;
  if (old.misses <= old.hits * n + n) return false;
  old.in_free_list = true;
  old.free_index = free_list_.size();
  free_list_.push_back(std::move(bucket[at].state));
  bucket.erase(bucket.begin() + std::ptrdiff_t(at));
  explored_count_--;
  free_count_++;
  free_if_unused(old);
  return true;
}

// Packs one ancestor of the new state, so that a saved state costs no more than one packing.
void Explored::pack_ancestor(const VerifierState& saved) {
  if (explored_count_ < kPackAfterStates) return;
  VerifierState* old = saved.parent;
  for (int i = 0; old && i < kPackBehind; i++) old = old->parent;
  if (old) old->pack();
}

void Explored::save(Env& env, Bucket& bucket, int insn_idx) {
  env.stats.total_states++;
  explored_count_++;
  update_peak(env);
  env.prev_jmps_processed = env.jmps_processed;
  env.prev_insns_processed = env.insns_processed;
  VerifierState& cur = *env.cur;
  if (env.bpf_capable) mark_all_scalars_imprecise(cur);
  auto saved = std::make_unique<Checkpoint>(cur);
  saved->insn_idx = insn_idx;
  enter_loop(env, *saved);
  pack_ancestor(*saved);
  cur.parent = saved.get();
  cur.first_insn_idx = insn_idx;
  cur.dfs_depth = saved->dfs_depth + 1;
  cur.jmp_history.clear();
  bucket.push_back({std::move(saved), insn_idx});
  if (env.options.observer) env.options.observer->saved(env);
}

Outcome Explored::is_state_visited(Env& env, int insn_idx, Visit& result) {
  result = Visit::Continue;
  VerifierState& cur = *env.cur;
  bool force = env.test_state_freq || env.aux[insn_idx].force_checkpoint || cur.jmp_history.size() > kLongHistory;
  u32 jumps = env.jmps_processed - env.prev_jmps_processed, insns = env.insns_processed - env.prev_insns_processed;
  bool add = force || (jumps >= kSaveAfterJumps && insns >= kSaveAfterInsns);
  Bucket& bucket = bucket_of(env, cur, insn_idx);
  clean_finished(env, bucket, insn_idx);

  u32 count = 0;
  bool loop = false;  // of the last finished state looked at: Linux remembers it for a callback's open state after it
  for (size_t k = bucket.size(); k-- > 0;) {
    count++;
    if (bucket[k].insn_idx != insn_idx) continue;
    Checkpoint& old = *bucket[k].state;
    Match match;
    SKEP_TRY(compare(env, old, insn_idx, loop, match));
    if (match == Match::Hit || match == Match::LoopHit) {
      result = Visit::Pruned;
      if (env.options.observer) env.options.observer->merged(env);
      return take_hit(env, old, insn_idx, match == Match::LoopHit);
    }
    if (env.options.observer) env.options.observer->kept_apart(env, old);
    if (match == Match::LoopSkip && !force && jumps < kLoopSaveAfterJumps && insns < kLoopSaveAfterInsns) add = false;
    if (add) old.misses++;
    evict_if_useless(env, bucket, k, insn_idx);
  }
  env.stats.max_states_per_insn = std::max(env.stats.max_states_per_insn, count);
  if (!env.bpf_capable && count > env.target.limits().max_states_per_insn_unpriv) return kOk;
  if (add) save(env, bucket, insn_idx);
  return kOk;
}

Outcome Explored::release_branches(Env& env, VerifierState* state) {
  Checkpoint* checkpoint = nullptr;  // `state` itself, once it is a saved one
  while (state) {
    SKEP_CHECK(state->branches > 0);
    if (--state->branches) break;
    if (checkpoint) SKEP_TRY(exit_loop(env, *checkpoint));
    VerifierState* parent = state->parent;
    if (checkpoint) free_if_unused(*checkpoint);
    state = parent;
    checkpoint = static_cast<Checkpoint*>(parent);
  }
  return kOk;
}

VerifierState* Explored::find_prev_entry(Env& env, const VerifierState& state, int insn_idx) {
  Bucket& bucket = bucket_of(env, state, insn_idx);
  for (size_t k = bucket.size(); k-- > 0;) {
    Checkpoint& old = *bucket[k].state;
    if (bucket[k].insn_idx == insn_idx && old.branches && same_callsites(old, state) && old.dfs_depth < state.dfs_depth)
      return &old;
  }
  return nullptr;
}

VerifierState* find_prev_entry(Env& env, const VerifierState& state, int insn_idx) {
  return env.explored->find_prev_entry(env, state, insn_idx);
}

}  // namespace skep::verifier
