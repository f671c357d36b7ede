// See trace.h.
#include "verifier/explain/trace.h"

#include <cstring>

namespace skep::verifier {

namespace {

// Beyond these the beginning of the path is forgotten: about 100 MB.
constexpr size_t kMaxChanges = 500'000, kMaxSteps = 1'000'000;

bool same_value(const RegState& a, const RegState& b) {
  return a.equal_before_id(b) && a.id == b.id && a.ref_obj_id == b.ref_obj_id && a.frameno == b.frameno;
}

// Arithmetic and loads write a register and nothing else.
bool may_change_stack(const isa::Insn& insn) {
  const u8 cls = isa::insn_class(insn.code);
  return cls != isa::BPF_ALU && cls != isa::BPF_ALU64 && cls != isa::BPF_LDX && cls != isa::BPF_LD;
}

}  // namespace

void Trace::restart(Env& env) {
  forks_.clear();
  forget_all();
  truncated_ = false;
  depth_ = 0;
  let_go();
  record_frame(env.cur->cframe(0), 0, -1, true, true);
  record_held(*env.cur, -1);
}

void Trace::begin_step(Env& env) {
  if (steps_.size() >= kMaxSteps || changes_.size() >= kMaxChanges) {
    forget_all();
    for (int& fork : forks_) fork = -1;
    truncated_ = true;
  }
  steps_.push_back({env.insn_idx, env.cur->curframe});
}

void Trace::end_step(Env& env) {
  const int step = size() - 1;
  forks_.resize(std::min(forks_.size(), env.pending.size()));
  while (forks_.size() < env.pending.size()) forks_.push_back(step);
  const int insn = steps_[step].insn;
  record(env, step, insn >= 0 && insn < int(env.insns.size()) && may_change_stack(env.insns[insn]));
}

// The state is a queued one: as it was after the step that queued it.
void Trace::resume(Env& env) {
  const int fork = forks_.empty() ? -1 : forks_.back();
  if (!forks_.empty()) forks_.pop_back();
  if (fork < 0) {  // its beginning is forgotten, or it is a callback's own
    forget_all();
    depth_ = 0;
  } else {
    forget_from(fork);
    depth_ = steps_[fork].frame;
  }
  let_go();
  if (fork < 0) record_frame(env.cur->cframe(0), 0, -1, true, true);
  record(env, fork, true);
}

void Trace::let_go() {
  for (auto& frame : seen_) frame.reset();
}

void Trace::record(Env& env, int step, bool slots) {
  const VerifierState& state = *env.cur;
  for (u32 f = 0; f <= state.curframe; f++) {
    const FuncState& frame = state.cframe(f);
    const bool is_new = f > depth_;
    if (!is_new && seen_[f].same(state.frames[f])) continue;
    record_frame(frame, f, step, is_new, slots || is_new);
    seen_[f] = state.frames[f];
  }
  for (u32 f = state.curframe + 1; f < kMaxFrames; f++) seen_[f].reset();
  depth_ = state.curframe;
  record_held(state, step);
}

void Trace::record_frame(const FuncState& frame, u32 f, int step, bool is_new, bool slots) {
  for (int r = 0; r < isa::kNumRegs; r++) record_reg(index(Loc::of_reg(f, r)), frame.regs[r], step, is_new);
  if (!slots) return;
  for (int s = 0; s < int(frame.stack.size()); s++)
    record_slot(index(Loc::of_slot(f, s)), frame.stack[size_t(s)], step, is_new);
}

void Trace::record_reg(u32 loc, const RegState& reg, int step, bool is_new) {
  const int last = last_[loc];
  constexpr u8 kNoSlot[kSlotBytes] = {};
  if (is_new || last < 0 || !same_value(changes_[last].reg, reg)) add(loc, step, reg, kNoSlot);
}

void Trace::record_slot(u32 loc, const StackSlot& slot, int step, bool is_new) {
  const int last = last_[loc];
  const RegState& reg = slot.spilled();
  const bool same = !is_new && last >= 0 && !std::memcmp(changes_[last].slot_type, slot.slot_type, kSlotBytes) &&
                    same_value(changes_[last].reg, reg);
  constexpr u8 kEmpty[kSlotBytes] = {};
  const bool empty = !std::memcmp(slot.slot_type, kEmpty, kSlotBytes);
  if (!same && !(empty && last < 0)) add(loc, step, reg, slot.slot_type);
}

void Trace::add(u32 loc, int step, const RegState& reg, const u8* slot_type) {
  Change change{loc, last_[loc], step, reg, {}};
  std::memcpy(change.slot_type, slot_type, kSlotBytes);
  last_[loc] = int(changes_.size());
  changes_.push_back(change);
}

void Trace::record_held(const VerifierState& state, int step) {
  const bool same = !held_.empty() && held_.back().second.rcu == state.active_rcu_lock &&
                    held_.back().second.preempt == state.active_preempt_locks && held_.back().second.refs == state.refs;
  if (!same) held_.push_back({step, {state.refs, state.active_preempt_locks, state.active_rcu_lock}});
}

// Undoes what the step and all after it changed; the step itself stays, as the one that is about to end differently.
void Trace::forget_from(int step) {
  while (!changes_.empty() && changes_.back().step >= step) {
    last_[changes_.back().loc] = changes_.back().previous;
    changes_.pop_back();
  }
  while (!held_.empty() && held_.back().first >= step) held_.pop_back();
  steps_.resize(size_t(step) + 1);
}

void Trace::forget_all() {
  steps_.clear();
  changes_.clear();
  held_.clear();
  std::fill(last_.begin(), last_.end(), -1);
}

const Change* Trace::change_before(Loc loc, int before) const {
  int at = last_[index(loc)];
  while (at >= 0 && changes_[at].step >= before) at = changes_[at].previous;
  return at < 0 ? nullptr : &changes_[at];
}

const RegState& Trace::reg_before(u32 frame, int reg, int step) const {
  const Change* change = change_before(Loc::of_reg(frame, reg), step);
  return change ? change->reg : not_init_reg();
}

}  // namespace skep::verifier
