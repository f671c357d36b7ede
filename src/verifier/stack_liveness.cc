// Stack liveness: marks, commits, recomputation and queries. See stack_liveness.h for the idea.
#include "verifier/stack_liveness.h"

#include "verifier/mem/mem.h"

namespace skep::verifier {

void mark_stack_read(Env& env, u32 frameno, u64 slots) { env.liveness->mark_read(frameno, slots); }
void mark_stack_write(Env& env, u32 frameno, u64 slots) { env.liveness->mark_write(frameno, slots); }

// A chain of call sites is a path down a tree; few functions are called from one place.
StackLiveness::Instance* StackLiveness::inner_of(Instance* outer, int callsite, u32 subprog) {
  auto& siblings = outer ? outer->inner : roots_;
  for (auto& instance : siblings)
    if (instance->callsite == callsite && instance->subprog == subprog) return instance.get();
  auto made = std::make_unique<Instance>();
  made->outer = outer;
  made->depth = outer ? outer->depth + 1 : 0;
  made->callsite = callsite;
  made->subprog = subprog;
  made->start = env_.subprogs[subprog].start;
  made->len = env_.subprog_end(subprog) - made->start;
  made->visits.assign(made->len, Visit::None);
  siblings.push_back(std::move(made));
  return siblings.back().get();
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
  if (instance.frames[frame].empty()) instance.frames[frame].resize(instance.len);
  return instance.frames[frame][u32(insn_idx) - instance.start];
}

const StackLiveness::Masks* StackLiveness::find_masks(const Instance& instance, u32 frame, int insn_idx) const {
  u32 at = u32(insn_idx) - instance.start;
  return instance.frames[frame].empty() || at >= instance.len ? nullptr : &instance.frames[frame][at];
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
    if (!written && instance.frames[frame].empty()) continue;
    Masks& masks = masks_at(instance, frame, write_insn_);
    u64 before = masks.must_write;
    masks.must_write = visited ? before & written : written;
    if (masks.must_write == before) continue;
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
  if (masks.may_read & ~masks.live_before) instance.updated = true;
}

void StackLiveness::update() {
  forget_current();
  for (Instance* instance = instance_of(*env_.cur, env_.cur->curframe); instance; instance = instance->outer) {
    if (!instance->updated) continue;
    recompute(*instance);
    instance->updated = instance->must_write_dropped = false;
  }
}

void StackLiveness::recompute(Instance& instance) {
  const Postorder& order = postorder(env_);
  if (instance.must_write_dropped)
    for (auto& frame : instance.frames)
      for (Masks& masks : frame) masks.must_write_acc = 0;
  int iterations = 0;
  for (bool changed = true; changed; iterations++) {
    changed = false;
    for (u32 frame = 0; frame <= instance.depth; frame++) {
      if (instance.frames[frame].empty()) continue;
      for (int k = order.start[instance.subprog]; k < order.start[instance.subprog + 1]; k++)
        changed |= update_insn(instance, frame, order.insns[k]);
    }
  }
  if (env_.log.level2())
    env_.log.print("{} live stack update done in {} iterations\n", chain_str(instance), iterations);
  propagate_to_outer(instance);
}

bool StackLiveness::update_insn(Instance& instance, u32 frame, int insn_idx) {
  Successors next = successors(env_, insn_idx);
  if (!next.count) return false;
  std::vector<Masks>& of_insn = instance.frames[frame];  // not empty: recompute() asked
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

void StackLiveness::prepare_query(const VerifierState& state) {
  for (u64& mask : alive_) mask = 0;
  Instance* instance = instance_of(state, state.curframe);
  for (u32 k = state.curframe;; k--, instance = instance->outer) {
    int insn_idx = state.insn_idx;
    if (k < state.curframe) {
      int callsite = state.cframe(k + 1).callsite;
      insn_idx = env_.aux[callsite].calls_callback ? callsite : callsite + 1;
    }
    for (u32 frame = 0; frame <= k; frame++)
      if (const Masks* masks = find_masks(*instance, frame, insn_idx)) alive_[frame] |= masks->live_before;
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
