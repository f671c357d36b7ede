// See whatif.h. Each round verifies the program as changed so far, takes down the failure, and tries its changes: one
// that makes it load ends the search, else the first that gets past the failure is kept for the next round.
#include "verifier/whatif/whatif.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "verifier/explain/names.h"
#include "verifier/explain/offset.h"
#include "verifier/explain/story.h"
#include "verifier/observer.h"
#include "verifier/whatif/changes.h"

namespace skep::verifier {
namespace {

// Takes down the failure of one verification.
class Taker : public Observer {
 public:
  // Gives up behind so many instructions; notes whether `watched` is ever walked.
  Taker(u32 max_insns, int watched) : max_insns_(max_insns), watched_(watched) {}

  void started(Env& env, int) override { trace_.restart(env); }
  void before_step(Env& env) override {
    trace_.begin_step(env);
    const bool calls = isa::is_call(env.insns[size_t(env.insn_idx)]);
    held_before_ = calls ? env.cur->refs : std::vector<Reference>();
  }
  Outcome after_step(Env& env, Outcome outcome) override {
    if (!outcome.is_error()) trace_.end_step(env);
    reached |= trace_.step(trace_.size() - 1).insn == watched_;
    if (!outcome.is_error() && !held_before_.empty()) take_releases(env);
    if (outcome.is_error() && env.rejection) take_step(env);
    return !outcome.is_error() && env.insns_processed > max_insns_ ? Outcome::error(E2BIG) : outcome;
  }
  void path_resumed(Env& env) override { trace_.resume(env); }
  void finished(Env& env, Outcome outcome) override {
    if (outcome.is_error() && env.rejection && !failure) {
      failure.emplace();
      failure->rejection = *env.rejection;
    }
    trace_.let_go();
    insns_processed = env.insns_processed;
  }

  std::optional<Failure> failure;
  u32 insns_processed = 0;
  bool reached = false;

 private:
  void take_step(Env& env);
  void take_releases(const Env& env);
  void take_value(const Env& env, u32 frame, int last);
  void take_stack(const Env& env, u32 frame, int last);

  const u32 max_insns_;
  const int watched_;
  Trace trace_;
  std::vector<Reference> held_before_;  // a call
  std::vector<Failure::Release> releases_;
};

// Which references a call ended.
void Taker::take_releases(const Env& env) {
  const int at = trace_.step(trace_.size() - 1).insn;
  for (const Reference& ref : held_before_) {
    const bool held =
        std::any_of(env.cur->refs.begin(), env.cur->refs.end(), [&](const Reference& r) { return r.id == ref.id; });
    const Failure::Release release{ref.insn_idx, at};
    if (!held && std::find(releases_.begin(), releases_.end(), release) == releases_.end())
      releases_.push_back(release);
  }
}

// Below everything that the function's instructions name: loads and stores, and what is added to a pointer.
s32 free_stack_of(const Env& env, u32 begin, u32 end) {
  s32 lowest = -s32(env.subprogs[env.subprog_at(begin)].stack_depth);
  for (u32 i = begin; i < end; ++i) {
    const isa::Insn& insn = env.insns[i];
    const u8 cls = isa::insn_class(insn.code);
    const bool by_frame_ptr = (cls == isa::BPF_LDX ? insn.src : insn.dst) == isa::kFramePtr;
    const bool adds = insn.code == (isa::BPF_ALU64 | isa::BPF_ADD | isa::BPF_K) && insn.imm >= -kMaxStack;
    if (cls <= isa::BPF_STX && by_frame_ptr && !isa::is_ldimm64(insn)) lowest = std::min<s32>(lowest, insn.off);
    if (adds) lowest = std::min(lowest, insn.imm);
  }
  return lowest / kSlotBytes * kSlotBytes - (lowest % kSlotBytes ? kSlotBytes : 0);
}

void Taker::take_step(Env& env) {
  const int last = trace_.size() - 1;
  const Step& step = trace_.step(last);
  Failure& f = failure.emplace();
  f.rejection = *env.rejection;
  f.insn_idx = step.insn;
  const u32 subprog = env.subprog_at(u32(step.insn));
  f.subprog = env.subprogs[subprog].start;
  f.subprog_end = env.subprog_end(subprog);
  for (int r = 0; r < isa::kNumRegs; ++r) f.regs[r] = trace_.reg_before(step.frame, r, last);
  f.live = env.aux[size_t(step.insn)].live_regs_before;
  f.in_main = step.frame == 0;
  f.free_stack = free_stack_of(env, f.subprog, f.subprog_end);
  f.returns = env.target.return_range(env.kind);
  f.reg = register_at_fault(env, env.insns[size_t(step.insn)], f.regs, {});
  if (f.reg >= 0) take_value(env, step.frame, last);
  if (step.frame <= env.cur->curframe) take_stack(env, step.frame, last);
}

// Where the value at fault got its offset, or was lost.
void Taker::take_value(const Env& env, u32 frame, int last) {
  Failure& f = *failure;
  const Loc loc = Loc::of_reg(frame, f.reg);
  const Offset offset = offset_of(env, trace_, loc, last);
  if (offset.step >= 0 && offset.frame == frame) {
    f.offset_insn = trace_.step(offset.step).insn;
    f.offset_reg = offset.regno;
    f.offset_scale = offset.scale;
  }
  const Change* change = trace_.change_before(loc, last);
  if (!change || change->step < 0 || f.reg == 0 || trace_.step(change->step).frame != frame) return;
  const int insn = trace_.step(change->step).insn;
  if (!isa::is_call(env.insns[size_t(insn)])) return;
  f.lost_at = insn;
  f.lost_by = callee_name(env, insn);
}

void Taker::take_stack(const Env& env, u32 frame, int last) {
  Failure& f = *failure;
  f.refs = env.cur->refs;
  f.releases = releases_;
  const Stack& stack = env.cur->cframe(frame).stack;
  for (size_t s = 0; s < stack.size(); ++s) {
    if (!stack[s].reg) continue;
    const RegState& reg = stack[s].spilled();
    if (reg.ref_obj_id) f.ref_slots.emplace_back(int(s), reg.ref_obj_id);
    if (stack[s].is_spilled_reg() && reg.base() == PTR_TO_CTX && !reg.off) f.ctx_slot = int(s);
  }
  const auto leaked =
      std::find_if(f.refs.begin(), f.refs.end(), [](const Reference& r) { return r.kind == RefKind::Ptr; });
  if (leaked == f.refs.end()) return;
  f.leaked = leaked->id;
  f.acquired_at = leaked->insn_idx;
  const int acquired = f.acquired_at;
  f.acquired_by = callee_name(env, acquired);
  for (int before = last; before > 0;) {
    const Change* change = trace_.change_before(Loc::of_reg(frame, 0), before);
    if (!change || change->step < 0) return;
    if (trace_.step(change->step).insn == acquired && change->reg.base() == PTR_TO_BTF_ID) {
      f.acquired_type = change->reg.btf.types->name_of(change->reg.btf.id);
      f.acquired_off = change->reg.off;
      return;
    }
    before = change->step;
  }
}

// The source line of an instruction, from line information that the verifier may have refused; 0: none.
struct SourceLine {
  std::string file;
  u32 line = 0;
};
SourceLine line_of(const Program& program, int insn) {
  const InfoBlob& lines = program.line_info;
  btf::LineInfo found = {};
  for (u32 i = 0; insn >= 0 && i < lines.cnt && lines.bytes.size() >= u64(i + 1) * lines.rec_size; ++i) {
    btf::LineInfo info;
    if (lines.rec_size < sizeof(info)) return {};
    std::memcpy(&info, lines.bytes.data() + u64(i) * lines.rec_size, sizeof(info));
    if (info.insn_off > u32(insn)) break;
    found = info;
  }
  const bool has_names = found.line_col && program.btf && program.btf->btf;
  return {has_names ? std::string(program.btf->btf->string_at(found.file_name_off)) : std::string(),
          found.line_col >> 10};
}

struct Tried {
  Verdict verdict;
  bool loads = false;  // and not just because what was refused cannot be reached any more
  std::optional<Failure> failure;
};

class Search {
 public:
  Search(const Program& program, const target::Target& target, const ObjectSource& objects, const Options& options,
         const WhatIfLimits& limits)
      : given_(program), edit_(program), target_(target), objects_(objects), options_(options), limits_(limits) {}

  std::vector<Suggestion> run();

 private:
  Tried verify_once(const Edit& edit, int watched);
  bool may_go_on() const { return tries_ < limits_.max_tries && insns_ < limits_.max_insns; }
  // True: the program loads now.
  bool try_changes(const Failure& failure);
  bool gets_further(const Failure& before, const Edit& changed, const Failure& after) const;
  void keep(const Remedy& change, Edit changed, bool loads);
  // Of the program as given; that of the next one for an inserted one.
  int origin(int insn) const;

  const Program& given_;
  Edit edit_;  // as changed so far
  const target::Target& target_;
  const ObjectSource& objects_;
  const Options& options_;
  const WhatIfLimits limits_;
  std::vector<Suggestion> kept_;
  u32 tries_ = 0, insns_ = 0;
};

// `watched`: an instruction of the program as given; -1: none.
Tried Search::verify_once(const Edit& edit, int watched) {
  const auto place = std::find(edit.origin.begin(), edit.origin.end(), watched);
  const bool watches = watched >= 0 && place != edit.origin.end();
  Taker taker(limits_.max_insns - insns_, watches ? int(place - edit.origin.begin()) : -1);
  Options observed = options_;
  observed.observer = &taker;
  diag::Log log(0, 0);
  Tried tried;
  tried.verdict = verify(edit.program, target_, objects_, observed, log);
  tried.failure = std::move(taker.failure);
  tried.loads = tried.verdict.error == 0 && (!watches || taker.reached);
  ++tries_;
  insns_ += taker.insns_processed;
  return tried;
}

int Search::origin(int insn) const {
  for (size_t i = size_t(insn); insn >= 0 && i < edit_.origin.size(); ++i)
    if (edit_.origin[i] >= 0) return edit_.origin[i];
  return -1;
}

void Search::keep(const Remedy& change, Edit changed, bool loads) {
  const int insn = origin(change.at);
  SourceLine place = line_of(given_, insn);
  kept_.push_back({loads, change.help, change.edit, insn, std::move(place.file), place.line});
  edit_ = std::move(changed);
}

// Past the failure: another kind of it, another reference that leaks, or further on; not in what was inserted.
bool Search::gets_further(const Failure& before, const Edit& changed, const Failure& after) const {
  if (after.insn_idx < 0) return after.rejection.kind != before.rejection.kind;
  const auto original = [&](int insn) { return insn < 0 ? -1 : changed.origin[size_t(insn)]; };
  const int at = original(after.insn_idx);
  if (at < 0) return false;
  const bool other_reference = after.leaked && original(after.acquired_at) != origin(before.acquired_at);
  return after.rejection.kind != before.rejection.kind || at > origin(before.insn_idx) || other_reference;
}

bool Search::try_changes(const Failure& failure) {
  std::optional<std::pair<Remedy, Edit>> further;
  for (Remedy& change : changes_for(failure, edit_.program, target_)) {
    if (!may_go_on()) break;
    Edit changed = edit_;
    if (!change.apply(changed)) continue;
    const Tried tried = verify_once(changed, failure.insn_idx < 0 ? -1 : edit_.origin[size_t(failure.insn_idx)]);
    if (tried.loads) {
      keep(change, std::move(changed), true);
      return true;
    }
    if (!further && tried.failure && gets_further(failure, changed, *tried.failure))
      further.emplace(std::move(change), std::move(changed));
  }
  if (further) keep(further->first, std::move(further->second), false);
  return false;
}

std::vector<Suggestion> Search::run() {
  for (u32 round = 0; round < limits_.max_rounds && may_go_on(); ++round) {
    const Tried tried = verify_once(edit_, -1);
    if (!tried.verdict.error || !tried.failure) break;
    const size_t before = kept_.size();
    if (try_changes(*tried.failure)) {
      for (Suggestion& s : kept_) s.loads = true;
      break;
    }
    if (kept_.size() == before) break;
  }
  return std::move(kept_);
}

}  // namespace

std::vector<Suggestion> what_if(const Program& program, const target::Target& target, const ObjectSource& objects,
                                const Options& options, const WhatIfLimits& limits) {
  return Search(program, target, objects, options, limits).run();
}

}  // namespace skep::verifier
