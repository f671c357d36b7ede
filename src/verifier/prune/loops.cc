// Loops and pruning (spec: exploration.md 3.6). A state equal to one of the same loop that is still open proves nothing
// about precision yet: it is kept as a back edge, and when the loop's visit is over, precision is propagated over all
// back edges until nothing changes.
#include "verifier/prune/explored.h"

namespace skep::verifier {

namespace {

constexpr int kMaxPropagationPasses = 64;

std::string key_str(const LoopKey& key) {
  std::string text = "(";
  for (int callsite : key.callsites) {
    if (!callsite) break;
    text += fmt::format("{},", callsite);
  }
  return text + fmt::format("{})", key.scc);
}

}  // namespace

// Call sites of the outer frames that are in no loop, then the first loop met.
bool Explored::loop_key(const Env& env, const VerifierState& state, LoopKey& key) const {
  for (u32 f = 0; f <= state.curframe; f++) {
    int insn_idx = state.frame_insn_idx(f);
    if (u32 scc = env.aux[insn_idx].scc) {
      key.scc = scc;
      return true;
    }
    key.callsites.push_back(insn_idx);
  }
  return false;
}

void Explored::enter_loop(Env& env, Checkpoint& state) {
  LoopKey key;
  if (!env.has_back_jumps || !loop_key(env, state, key)) return;
  state.loop = &visits_[key];
  if (state.loop->entry_state) return;
  state.loop->entry_state = &state;
  if (env.log.level2()) env.log.print("SCC enter {}\n", key_str(key));
}

Outcome Explored::exit_loop(Env& env, Checkpoint& state) {
  LoopVisit* visit = state.loop;
  if (!visit || visit->entry_state != &state) return kOk;
  if (env.log.level2()) {
    LoopKey key;
    loop_key(env, state, key);
    env.log.print("SCC exit {}\n", key_str(key));
  }
  visit->entry_state = nullptr;
  backedge_count_ -= u32(visit->backedges.size());
  update_peak(env);
  return propagate_backedges(env, *visit);
}

void Explored::add_backedge(Env& env, Checkpoint& old) {
  if (!old.loop) return;
  if (env.log.level2()) {
    LoopKey key;
    loop_key(env, old, key);
    env.log.print("SCC backedge {}\n", key_str(key));
  }
  auto copy = std::make_unique<VerifierState>(*env.cur);
  copy->equal_state = &old;
  copy->insn_idx = env.insn_idx;
  old.loop->backedges.insert(old.loop->backedges.begin(), std::move(copy));
  backedge_count_++;
  update_peak(env);
}

Outcome Explored::propagate_backedges(Env& env, LoopVisit& visit) {
  bool changed = true;
  for (int pass = 0; changed; pass++) {
    if (pass > kMaxPropagationPasses) {
      if (env.log.level2()) env.log.print("propagate_backedges: too many iterations\n");
      for (auto& edge : visit.backedges) mark_all_scalars_precise(env, *edge);
      break;
    }
    changed = false;
    for (auto& edge : visit.backedges) SKEP_TRY(propagate_precision(env, *edge->equal_state, *edge, &changed));
  }
  visit.backedges.clear();
  return kOk;
}

}  // namespace skep::verifier
