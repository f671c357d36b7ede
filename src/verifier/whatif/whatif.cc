// See whatif.h. Each round verifies the program as changed so far, takes down the failure, and tries its changes: one
// that makes it load ends the search, else the first that gets past the failure is kept for the next round.
#include "verifier/whatif/whatif.h"

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
  void started(Env& env, int) override { trace_.restart(env); }
  void before_step(Env& env) override { trace_.begin_step(env); }
  Outcome after_step(Env& env, Outcome outcome) override {
    if (!outcome.is_error()) trace_.end_step(env);
    if (outcome.is_error() && env.rejection) take_step(env);
    return outcome;
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

 private:
  void take_step(Env& env);
  void take_references(const Env& env, const FuncState& frame);

  Trace trace_;
};

void Taker::take_step(Env& env) {
  const int last = trace_.size() - 1;
  const Step& step = trace_.step(last);
  Failure& f = failure.emplace();
  f.rejection = *env.rejection;
  f.insn_idx = step.insn;
  f.subprog = env.subprogs[env.subprog_at(u32(step.insn))].start;
  for (int r = 0; r < isa::kNumRegs; ++r) f.regs[r] = trace_.reg_before(step.frame, r, last);
  f.in_main = step.frame == 0;
  f.returns = env.target.return_range(env.kind);
  f.reg = register_at_fault(env, env.insns[size_t(step.insn)], f.regs, {});
  if (f.reg >= 0) {
    const Offset offset = offset_of(env, trace_, Loc::of_reg(step.frame, f.reg), last);
    if (offset.step >= 0 && offset.frame == step.frame) {
      f.offset_insn = trace_.step(offset.step).insn;
      f.offset_reg = offset.regno;
      f.offset_scale = offset.scale;
    }
  }
  if (step.frame <= env.cur->curframe) take_references(env, env.cur->cframe(step.frame));
}

void Taker::take_references(const Env& env, const FuncState& frame) {
  Failure& f = *failure;
  f.refs = env.cur->refs;
  if (!f.refs.empty()) f.acquired_by = callee_name(env, f.refs.front().insn_idx);
  for (size_t s = 0; s < frame.stack.size(); ++s) {
    const StackSlot& slot = frame.stack[s];
    if (slot.reg && slot.spilled().ref_obj_id) f.ref_slots.emplace_back(int(s), slot.spilled().ref_obj_id);
  }
}

// The source line of an instruction, from line information that the verifier may have refused; 0: none.
u32 line_of(const Program& program, int insn) {
  const InfoBlob& lines = program.line_info;
  u32 line = 0;
  for (u32 i = 0; insn >= 0 && i < lines.cnt && lines.bytes.size() >= u64(i + 1) * lines.rec_size; ++i) {
    btf::LineInfo info;
    if (lines.rec_size < sizeof(info)) return 0;
    std::memcpy(&info, lines.bytes.data() + u64(i) * lines.rec_size, sizeof(info));
    if (info.insn_off > u32(insn)) break;
    line = info.line_col >> 10;
  }
  return line;
}

struct Tried {
  Verdict verdict;
  std::optional<Failure> failure;
};

class Search {
 public:
  Search(const Program& program, const target::Target& target, const ObjectSource& objects, const Options& options,
         const WhatIfLimits& limits)
      : given_(program), program_(program), target_(target), objects_(objects), options_(options), limits_(limits) {
    for (u32 i = 0; i < program.insns.size(); ++i) origin_.push_back(int(i));
  }

  std::vector<Suggestion> run();

 private:
  Tried verify_once(const Program& program);
  bool may_go_on() const { return tries_ < limits_.max_tries && insns_ < limits_.max_insns; }
  // True: the program loads now.
  bool try_changes(const Failure& failure);
  void keep(const Remedy& change, Program changed, bool loads);
  int origin(int insn) const { return insn < 0 || size_t(insn) >= origin_.size() ? -1 : origin_[size_t(insn)]; }

  const Program& given_;
  Program program_;  // as changed so far
  const target::Target& target_;
  const ObjectSource& objects_;
  const Options& options_;
  const WhatIfLimits limits_;
  std::vector<int> origin_;  // per instruction: where it was in the program as given
  std::vector<Suggestion> kept_;
  u32 tries_ = 0, insns_ = 0;
};

Tried Search::verify_once(const Program& program) {
  Taker taker;
  Options observed = options_;
  observed.observer = &taker;
  diag::Log log(0, 0);
  Tried tried;
  tried.verdict = verify(program, target_, objects_, observed, log);
  tried.failure = std::move(taker.failure);
  ++tries_;
  insns_ += taker.insns_processed;
  return tried;
}

void Search::keep(const Remedy& change, Program changed, bool loads) {
  const int insn = origin(change.at);
  kept_.push_back({loads, change.help, change.guard, insn, line_of(given_, insn)});
  const size_t added = changed.insns.size() - program_.insns.size();
  if (added) origin_.insert(origin_.begin() + change.at, added, origin(change.at));
  program_ = std::move(changed);
}

// Past the failure: another kind of it, or further on.
bool gets_further(const Failure& before, const Failure& after, size_t added) {
  return after.rejection.kind != before.rejection.kind || after.insn_idx > before.insn_idx + int(added);
}

bool Search::try_changes(const Failure& failure) {
  std::optional<std::pair<Remedy, Program>> further;
  for (Remedy& change : changes_for(failure, program_, target_)) {
    if (!may_go_on()) break;
    Program changed = program_;
    if (!change.apply(changed)) continue;
    const Tried tried = verify_once(changed);
    if (tried.verdict.error == 0) {
      keep(change, std::move(changed), true);
      return true;
    }
    const size_t added = changed.insns.size() - program_.insns.size();
    if (!further && tried.failure && gets_further(failure, *tried.failure, added))
      further.emplace(std::move(change), std::move(changed));
  }
  if (further) keep(further->first, std::move(further->second), false);
  return false;
}

std::vector<Suggestion> Search::run() {
  for (u32 round = 0; round < limits_.max_rounds && may_go_on(); ++round) {
    const Tried tried = verify_once(program_);
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
