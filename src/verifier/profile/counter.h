// Counter: the observer that counts what following a program takes, per instruction and per place where paths meet.
#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "verifier/env.h"
#include "verifier/observer.h"
#include "verifier/profile/loops.h"
#include "verifier/prune/prune.h"

namespace skep::verifier {

// A place of a state that can differ from another's. `frame` counts from the outermost.
struct ApartAt {
  Difference::What what = Difference::What::Reg;
  u32 frame = 0;
  int index = 0;
  auto operator<=>(const ApartAt&) const = default;
};

// What was seen in such a place at the visits where it differed.
struct ApartCount {
  u64 times = 0, alone = 0;
  u64 unfinished = 0;            // of times: nothing that matters differed
  u64 sample = 0;                // Env::insns_processed of a visit to look at
  std::vector<RegState> values;  // the first different ones
  std::unordered_set<u64> seen;
  bool more = false;
  bool precise = false;
};

struct PointCount {
  u64 visits = 0, saved = 0, merged = 0, apart = 0, unfinished = 0;
  std::map<ApartAt, ApartCount> values;
};

class Counter : public Observer {
 public:
  explicit Counter(u32 max_insns) : max_insns_(max_insns) {}

  void started(Env& env, int) override;
  void before_step(Env& env) override;
  Outcome after_step(Env& env, Outcome outcome) override;
  void path_resumed(Env&) override {}
  void kept_apart(Env& env, const VerifierState& old) override;
  void merged(Env& env) override;
  void saved(Env& env) override;
  void made_precise(Env& env, const VerifierState& saved, u32 frame, int reg, int slot,
                    const VerifierState* from) override;
  void finished(Env& env, Outcome outcome) override;

  // The instruction to which the exact value of a place matters at a prune point; -1: not known.
  int precise_because(int insn, const ApartAt& at) const;

  std::vector<u64> insns, inside;    // per instruction: times followed; what was followed in functions it called
  std::map<int, PointCount> points;  // by instruction
  std::map<int, u64> waiting;        // by branch: paths not followed when the walk ended
  std::vector<Loop> loops;
  u64 processed = 0;
  bool complete = true;

 private:
  struct Value {
    ApartAt at;
    RegState reg;  // not initialised, of what is no value
    bool precise;
  };
  // What the present visit was compared with.
  struct Apart {
    int insn = -1;
    bool any = false, finished = false, unfinished = false;
    std::vector<Value> values;
  };
  void take_values(const Env& env, const VerifierState& old, const std::vector<Difference>& where);
  void count_apart(u64 now);

  const u32 max_insns_;
  Apart apart_;
  std::unordered_map<u64, int> because_;
};

// What a state has in a place; null for what is no value, or is not there.
const RegState* value_at(const VerifierState& state, const ApartAt& at);

}  // namespace skep::verifier
