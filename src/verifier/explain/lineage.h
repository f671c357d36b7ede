// Lineage: where a value came from, walked back along a trace: moves, spills, arithmetic, the branches that told
// something about it, the calls that returned it or made it unusable.
#pragma once

#include <string>
#include <vector>

#include "diag/explanation.h"
#include "verifier/explain/trace.h"

namespace skep::verifier {

struct StepEvent {
  int step;
  diag::Event event;
};

class Lineage {
 public:
  Lineage(const Env& env, const Trace& trace) : env_(env), trace_(trace) {}

  // What made the value of `loc` as it is before `step`. `name`: what the source calls it there, if that is known.
  void follow(Loc loc, int step, std::string name);
  // The last `count` different branches between two steps that were no part of a lineage.
  void add_decisions(int from, int to, int count);
  void add(int step, diag::EventKind kind, std::string name, std::string detail, bool essential);

  // The name the source gives the value that was followed, where one was found before it was computed from others.
  const std::string& name() const { return followed_; }
  // The first name found on the way, even if the value was computed from that.
  const std::string& origin() const { return origin_; }
  // The instructions that changed the value that was followed last, newest first.
  const std::vector<int>& insns() const { return insns_; }
  // In the order of execution, one per line and kind.
  std::vector<diag::Event> take();
  bool empty() const { return events_.empty(); }

 private:
  struct At {
    Loc loc;
    int before;
    bool done = false;
  };
  void trace_back(At& at);
  void from_entry(At& at, const Change& change);
  void from_insn(At& at, const Change& change);
  void from_alu(At& at, const Change& change, const isa::Insn& insn);
  void from_load(At& at, const Change& change, const isa::Insn& insn);
  void from_store(At& at, const Change& change, const isa::Insn& insn);
  void from_call(At& at, const Change& change, const isa::Insn& insn);
  void from_exit(At& at, const Change& change);
  void add_event(const Change& change, diag::EventKind kind, std::string detail, bool essential);
  void add_branch(const Change& change);
  void found_name(const std::string& name);
  void found_definition(int step);
  std::string variable_after(const Change& change) const;
  void begin_segment();
  int insn_of(int step) const { return trace_.step(step).insn; }

  const Env& env_;
  const Trace& trace_;
  // A value keeps its name from one computation to the next: that is a segment. Its name may be found only at its
  // beginning, and then is the name in all its events.
  std::string name_, followed_, origin_;
  size_t segment_ = 0;
  bool first_segment_ = true;
  std::vector<StepEvent> events_;
  std::vector<int> insns_;
};

// Where the branch at a step went, in the words of its source line: "`i > 20` is false", or "r1 <= 20".
std::string branch_words(const Env& env, const Trace& trace, int step, const diag::Place& place);

}  // namespace skep::verifier
