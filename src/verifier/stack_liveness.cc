// Stack liveness: marks, commits, recomputation and queries. See stack_liveness.h for the idea.
#include "verifier/stack_liveness.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "verifier/mem/mem.h"

namespace skep::verifier {

void mark_stack_read(Env& env, u32 frameno, u64 slots) { env.liveness->mark_read(frameno, slots); }
void mark_stack_write(Env& env, u32 frameno, u64 slots) { env.liveness->mark_write(frameno, slots); }

// A chain of call sites is a path down a tree.
StackLiveness::Instance* StackLiveness::inner_of(Instance* outer, int callsite, u32 subprog) {
  auto& siblings = outer ? outer->inner : roots_;
  const u64 key = u64(u32(callsite)) << 32 | subprog;
  auto at = std::lower_bound(siblings.begin(), siblings.end(), key,
                             [](const Inner& inner, u64 wanted) { return inner.key < wanted; });
  if (at != siblings.end() && at->key == key) return at->instance.get();
  auto made = std::make_unique<Instance>();
  made->outer = outer;
  made->depth = outer ? outer->depth + 1 : 0;
  made->callsite = callsite;
  made->subprog = subprog;
  made->start = env_.subprogs[subprog].start;
  made->len = env_.subprog_end(subprog) - made->start;
  made->frames.resize(made->depth + 1);
  made->visits.assign(made->len, Visit::None);
  return siblings.insert(at, {key, std::move(made)})->instance.get();
}

StackLiveness::Instance* StackLiveness::instance_of(const VerifierState& state, u32 frame) {
  Instance* instance = inner_of(nullptr, -1, state.cframe(0).subprogno);
  for (u32 f = 1; f <= frame; f++) instance = inner_of(instance, state.cframe(f).callsite, state.cframe(f).subprogno);
  return instance;
}

StackLiveness::Instance* StackLiveness::current() {
  if (!current_) current_ = instance_of(*env_.cur, env_.cur->curframe);
  return current_;
}

StackLiveness::Masks& StackLiveness::masks_at(Instance& instance, u32 frame, int insn_idx) {
  FrameMasks& masks = instance.frames[frame];
  if (masks.of_insn.empty()) {
    masks.of_insn.resize(instance.len);
    masks.stale.resize(instance.len / 64 + 1);
  }
  return masks.of_insn[u32(insn_idx) - instance.start];
}

const StackLiveness::Masks* StackLiveness::find_masks(const Instance& instance, u32 frame, int insn_idx) const {
  u32 at = u32(insn_idx) - instance.start;
  const std::vector<Masks>& masks = instance.frames[frame].of_insn;
  return masks.empty() || at >= instance.len ? nullptr : &masks[at];
}

void StackLiveness::reset_write_marks(int insn_idx) {
  current();
  begin_writes(insn_idx);
}

void StackLiveness::begin_writes(int insn_idx) {
  write_insn_ = insn_idx;
  if (!any_write_) return;
  any_write_ = false;
  for (u64& mask : pending_writes_) mask = 0;
}

void StackLiveness::commit_write_marks() {
  if (current_) commit(*current_);
}

// First visit: the slots; later visits: those written on every visit.
void StackLiveness::commit(Instance& instance) {
  Visit& visit = instance.visits[u32(write_insn_) - instance.start];
  if (!any_write_ && visit != Visit::Wrote) {  // most insns write nothing, ever
    visit = Visit::Seen;
    return;
  }
  bool visited = visit != Visit::None;
  for (u32 frame = 0; frame <= instance.depth; frame++) {
    u64 written = pending_writes_[frame];
    if (!written && instance.frames[frame].of_insn.empty()) continue;
    Masks& masks = masks_at(instance, frame, write_insn_);
    u64 before = masks.must_write;
    masks.must_write = visited ? before & written : written;
    if (masks.must_write == before) continue;
    mark_stale(instance, instance.frames[frame], write_insn_);
    instance.updated = true;
    if (before & ~masks.must_write) instance.must_write_dropped = true;
  }
  visit = Visit::Wrote;
}

void StackLiveness::mark_read(u32 frameno, u64 slots) { add_read(*current(), frameno, env_.insn_idx, slots); }

void StackLiveness::add_read(Instance& instance, u32 frame, int insn_idx, u64 slots) {
  if (!slots) return;
  Masks& masks = masks_at(instance, frame, insn_idx);
  if ((masks.may_read | slots) == masks.may_read) return;
  masks.may_read |= slots;
  if (!(masks.may_read & ~masks.live_before)) return;  // alive there already: nothing follows from it
  mark_stale(instance, instance.frames[frame], insn_idx);
  instance.updated = true;
}

void StackLiveness::update() {
  forget_current();
  for (Instance* instance = instance_of(*env_.cur, env_.cur->curframe); instance; instance = instance->outer) {
    if (!instance->updated) continue;
    recompute(*instance);
    instance->updated = instance->must_write_dropped = false;
  }
}

// --- what follows from the marks --------------------------------------------------------------------------------

void StackLiveness::FrameMasks::mark_stale(u32 place) {
  stale[place / 64] |= u64{1} << (place % 64);
  first_stale = std::min(first_stale, place);
  last_stale = std::max(last_stale, place);
}

u32 StackLiveness::FrameMasks::take_stale(u32 at) {
  if (at > last_stale) return kNone;
  u64 word = stale[at / 64] & ~u64{0} << (at % 64);
  for (u32 w = at / 64; !word;) {
    if (++w > last_stale / 64) return kNone;
    word = stale[w];
    at = w * 64;
  }
  at = at / 64 * 64 + u32(std::countr_zero(word));
  stale[at / 64] &= ~(u64{1} << (at % 64));
  return at;
}

void StackLiveness::mark_stale(const Instance& instance, FrameMasks& frame, int insn_idx) {
  if (place_.empty()) build_flow();
  const u32 place = place_[u32(insn_idx)];
  if (place != kNone) frame.mark_stale(place - u32(env_.postorder.start[instance.subprog]));
}

void StackLiveness::build_flow() {
  const Postorder& order = postorder(env_);
  const size_t count = env_.insns.size();
  place_.assign(count, kNone);
  pred_start_.assign(count + 2, 0);
  for (u32 at = 0; at < order.insns.size(); at++) {
    place_[u32(order.insns[at])] = at;
    const Successors next = successors(env_, order.insns[at]);
    for (int k = 0; k < next.count; k++) pred_start_[u32(next.insn[k]) + 2]++;
  }
  for (size_t i = 2; i < pred_start_.size(); i++) pred_start_[i] += pred_start_[i - 1];
  preds_.resize(pred_start_.back());
  for (int insn : order.insns) {
    const Successors next = successors(env_, insn);
    for (int k = 0; k < next.count; k++) preds_[pred_start_[u32(next.insn[k]) + 1]++] = insn;
  }
}

// Slots that were written on every visit are not any more: what was derived from them is derived from nothing again.
void StackLiveness::forget_written(Instance& instance, FrameMasks& frame) {
  for (u32 i = 0; i < frame.of_insn.size(); i++) {
    if (!frame.of_insn[i].must_write_acc) continue;
    frame.of_insn[i].must_write_acc = 0;
    mark_stale(instance, frame, int(instance.start + i));
  }
}

// Derives masks in postorder, again and again until nothing changes; of all insns, those whose own marks or successors
// stayed as they are need no look.
void StackLiveness::recompute(Instance& instance) {
  if (instance.must_write_dropped)
    for (FrameMasks& frame : instance.frames) forget_written(instance, frame);
  int iterations = 0;
  for (bool changed = true; changed; iterations++) {
    changed = false;
    for (u32 frame = 0; frame <= instance.depth; frame++) changed |= sweep(instance, frame);
  }
  if (env_.log.level2())
    env_.log.print("{} live stack update done in {} iterations\n", chain_str(instance), iterations);
  propagate_to_outer(instance);
}

// One pass over what is stale; what becomes stale on the way is done in it too if it comes later in postorder.
bool StackLiveness::sweep(Instance& instance, u32 frame) {
  FrameMasks& masks = instance.frames[frame];
  u32 at = std::exchange(masks.first_stale, kNone);
  if (at == kNone) return false;
  const u32 base = u32(env_.postorder.start[instance.subprog]);
  bool changed = false;
  while ((at = masks.take_stale(at)) != kNone) {
    const int insn_idx = env_.postorder.insns[base + at++];
    if (!update_insn(instance, frame, insn_idx)) continue;
    changed = true;
    for (u32 k = pred_start_[u32(insn_idx)]; k < pred_start_[u32(insn_idx) + 1]; k++)
      mark_stale(instance, masks, preds_[k]);
  }
  if (masks.first_stale == kNone) masks.last_stale = 0;
  return changed;
}

bool StackLiveness::update_insn(Instance& instance, u32 frame, int insn_idx) {
  Successors next = successors(env_, insn_idx);
  if (!next.count) return false;
  std::vector<Masks>& of_insn = instance.frames[frame].of_insn;  // not empty: something in it is stale
  u64 live_after = 0, written_after = ~u64{0};
  for (int k = 0; k < next.count; k++) {
    const Masks& succ = of_insn[u32(next.insn[k]) - instance.start];
    live_after |= succ.live_before;
    written_after &= succ.must_write_acc;
  }
  Masks& masks = of_insn[u32(insn_idx) - instance.start];
  u64 live = (live_after & ~masks.must_write) | masks.may_read;
  u64 written = written_after | masks.must_write;
  bool changed = live != masks.live_before || written != masks.must_write_acc;
  if (!changed) return false;
  bool notable =
      masks.may_read || masks.must_write || u32(insn_idx) == instance.start || env_.aux[insn_idx].prune_point;
  if (notable && env_.log.level2()) {
    log_change(instance, "live", frame, insn_idx, masks.live_before, live);
    log_change(instance, "written", frame, insn_idx, masks.must_write_acc, written);
  }
  masks.live_before = live;
  masks.must_write_acc = written;
  return true;
}

// What the callee does to memory of outer frames happens, for them, at the call.
void StackLiveness::propagate_to_outer(Instance& instance) {
  if (!instance.outer) return;
  int callsite = instance.callsite;
  begin_writes(callsite);
  for (u32 frame = 0; frame < instance.depth; frame++) {
    const Masks* entry = find_masks(instance, frame, int(instance.start));
    if (!entry) continue;
    mark_write(frame, entry->must_write_acc);
    add_read(*instance.outer, frame, callsite, entry->live_before);
  }
  commit(*instance.outer);
}

void StackLiveness::prepare_query(const VerifierState& state) { collect_alive(state, false); }
void StackLiveness::prepare_exact_query(const VerifierState& state) { collect_alive(state, true); }

void StackLiveness::collect_alive(const VerifierState& state, bool exact) {
  for (u64& mask : alive_) mask = 0;
  u64 overwritten[kMaxFrames] = {};
  Instance* instance = instance_of(state, state.curframe);
  for (u32 k = state.curframe;; k--, instance = instance->outer) {
    int insn_idx = state.insn_idx;
    if (k < state.curframe) {
      int callsite = state.cframe(k + 1).callsite;
      insn_idx = env_.aux[callsite].calls_callback ? callsite : callsite + 1;
    }
    for (u32 frame = 0; frame <= k; frame++) {
      const Masks* masks = find_masks(*instance, frame, insn_idx);
      if (!masks) continue;
      alive_[frame] |= masks->live_before & ~overwritten[frame];
      if (exact) overwritten[frame] |= masks->must_write_acc;
    }
    if (!k) break;
  }
}

std::string StackLiveness::chain_str(const Instance& instance) const {
  std::string text = fmt::format("{})", instance.start);
  for (const Instance* at = &instance; at->outer; at = at->outer) text = fmt::format("{},", at->callsite) + text;
  return "(" + text;
}

void StackLiveness::log_change(const Instance& instance, const char* what, u32 frame, int insn_idx, u64 old_mask,
                               u64 new_mask) {
  auto slots = [](u64 mask) {
    std::string text;
    for (int spi = 0; spi < kMaxSlots; spi++)
      if (mask >> spi & 1) text += fmt::format("{}{}", text.empty() ? "" : ",", -(spi + 1) * kSlotBytes);
    return text;
  };
  u64 added = new_mask & ~old_mask, removed = old_mask & ~new_mask;
  if (!added && !removed) return;
  std::string line = fmt::format("{} frame {} insn {} ", chain_str(instance), frame, insn_idx);
  if (added) line += fmt::format("+{} {} ", what, slots(added));
  if (removed) line += fmt::format("-{} {}", what, slots(removed));
  env_.log.write(line + "\n");
}

}  // namespace skep::verifier
