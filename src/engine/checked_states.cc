// See checked_states.h.
#include "engine/checked_states.h"

#include <algorithm>
#include <cstring>

#include "verifier/stack_liveness.h"

namespace skep::engine {
namespace {

using verifier::Env;
using verifier::RegState;
using verifier::StackSlot;
using verifier::VerifierState;

constexpr size_t kMaxStates = 200'000;  // a few hundred bytes each

void hold_registers(const Env& env, const VerifierState& state, int insn, HeldState& held) {
  const u16 live = env.aux[size_t(insn)].live_regs_before;
  for (u8 r = 0; r < isa::kFramePtr; ++r)
    if ((live >> r & 1) && state.cregs()[r].type != NOT_INIT) held.regs.push_back({r, state.cregs()[r]});
}

// A spilled register, of which the low bytes may be all that is in the slot.
RegState spilled(const StackSlot& slot, u8 size) {
  RegState reg = slot.spilled();
  if (size == verifier::kSlotBytes) return reg;
  if (reg.var.umax >= u64{1} << (8 * size)) reg.id = 0;
  domain::coerce_to_size(reg.var, size);
  return reg;
}

void hold_slot(const StackSlot& slot, u8 frame, size_t spi, HeldState& held) {
  HeldSlot kept{.frame = frame, .off = s16(-int(spi + 1) * verifier::kSlotBytes), .size = 0, .zero_mask = 0, .reg = {}};
  constexpr int kLast = verifier::kSlotBytes - 1;  // slot_type counts from the highest byte
  if (slot.is_spilled_reg())
    while (kept.size < verifier::kSlotBytes && slot.slot_type[kLast - kept.size] == verifier::STACK_SPILL) ++kept.size;
  for (int i = 0; i < verifier::kSlotBytes; ++i)
    if (slot.slot_type[kLast - i] == verifier::STACK_ZERO) kept.zero_mask |= u8(1u << i);
  if (!kept.size && !kept.zero_mask) return;
  if (kept.size) kept.reg = spilled(slot, kept.size);
  held.slots.push_back(kept);
}

void hold_stacks(const VerifierState& state, HeldState& held) {
  for (u32 f = 0; f <= state.curframe; ++f) {
    const verifier::Stack& stack = state.cframe(f).stack;
    for (size_t spi = 0; spi < stack.size(); ++spi) hold_slot(stack[spi], u8(f), spi, held);
  }
}

template <typename F>
void for_each(HeldState& held, F&& call) {
  for (HeldReg& r : held.regs) call(r.reg);
  for (HeldSlot& s : held.slots)
    if (s.size) call(s.reg);
}

// Ids as 1, 2, 3 ... in order of appearance, and none where nothing shares it: states that say the same become equal.
void renumber(HeldState& held) {
  std::vector<std::pair<u32, u32>> uses;  // id, how often
  for_each(held, [&](RegState& reg) {
    reg.precise = false;
    if (!reg.is_scalar()) reg.id = 0;
    if (!reg.is_scalar() || !reg.id) return;
    for (auto& [id, n] : uses)
      if (id == reg.base_id()) return void(++n);
    uses.emplace_back(reg.base_id(), 1);
  });
  for_each(held, [&](RegState& reg) {
    if (!reg.is_scalar()) return;
    u32 number = 0;
    for (u32 i = 0; i < uses.size(); ++i)
      if (uses[i].first == reg.base_id() && uses[i].second > 1) number = i + 1;
    reg.id = number ? number | (reg.id & verifier::BPF_ADD_CONST) : 0;
    if (!reg.id) reg.off = 0;
  });
}

bool same(const RegState& a, const RegState& b) {
  return a.equal_before_id(b) && a.id == b.id && a.frameno == b.frameno;
}
bool same(const HeldState& a, const HeldState& b) {
  const auto equal_reg = [](const HeldReg& x, const HeldReg& y) { return x.regno == y.regno && same(x.reg, y.reg); };
  const auto equal_slot = [](const HeldSlot& x, const HeldSlot& y) {
    return x.frame == y.frame && x.off == y.off && x.size == y.size && x.zero_mask == y.zero_mask && same(x.reg, y.reg);
  };
  return std::equal(a.regs.begin(), a.regs.end(), b.regs.begin(), b.regs.end(), equal_reg) &&
         std::equal(a.slots.begin(), a.slots.end(), b.slots.begin(), b.slots.end(), equal_slot);
}

u64 hash_of(const HeldState& held) {
  u64 h = 0;
  const auto mix = [&h](u64 v) { h = (h ^ v) * 0x9e3779b97f4a7c15, h ^= h >> 29; };
  for (const HeldReg& r : held.regs) mix(r.regno), mix(r.reg.type), mix(r.reg.var.umin), mix(r.reg.var.umax);
  for (const HeldSlot& s : held.slots) mix(u64(s.off)), mix(s.zero_mask), mix(s.reg.type), mix(s.reg.var.umax);
  return h;
}

void drop_equal(std::vector<HeldState>& states) {
  std::multimap<u64, size_t> kept;
  std::vector<HeldState> left;
  for (HeldState& state : states) {
    const u64 hash = hash_of(state);
    const auto [begin, end] = kept.equal_range(hash);
    if (std::any_of(begin, end, [&](const auto& k) { return same(left[k.second], state); })) continue;
    kept.emplace(hash, left.size());
    left.push_back(std::move(state));
  }
  states = std::move(left);
}

}  // namespace

void StateRecorder::started(Env& env, int) {
  states_->insns_.resize(env.insns.size());
  states_->global_.resize(env.subprogs.size());
  for (size_t s = 0; s < env.subprogs.size(); ++s) states_->global_[s] = env.subprogs[s].is_global;
}

ChainId StateRecorder::chain_of(const VerifierState& state) {
  ChainId chain = kNoChain;
  for (u32 f = 0; f <= state.curframe; ++f) {
    const RecordedStates::Call call{chain, f ? state.cframe(f).callsite : -1, state.cframe(f).subprogno};
    chain = states_->chains_.try_emplace(call, ChainId(states_->chains_.size())).first->second;
  }
  return chain;
}

void StateRecorder::before_step(Env& env) {
  const VerifierState& state = env.state();
  insn_ = env.insn_idx;
  holds_ = !too_many_ && !state.speculative && insn_ >= 0 && size_t(insn_) < env.insns.size();
  if (!holds_) return;
  held_ = {};
  chain_ = chain_of(state);
  hold_registers(env, state, insn_, held_);
  hold_stacks(state, held_);
  const Place place{u32(insn_), chain_};
  if (examples_.contains(place)) return;
  VerifierState& example = examples_.try_emplace(place, state).first->second;
  example.insn_idx = insn_;
  example.jmp_history.clear();
}

// A state that was found equal to an older one is not kept: the older one answers for it.
verifier::Outcome StateRecorder::after_step(Env& env, verifier::Outcome outcome) {
  if (!holds_ || outcome.is_error()) return outcome;
  const bool ends_by_itself = isa::is_exit(env.insns[size_t(insn_)]) || isa::is_call(env.insns[size_t(insn_)]);
  if (outcome.is_path_end() && !(ends_by_itself && env.prev_insn_idx == insn_)) return outcome;
  auto& here = states_->insns_[size_t(insn_)];
  auto at = std::find_if(here.begin(), here.end(), [&](const HeldAt& held) { return held.chain == chain_; });
  if (at == here.end()) at = here.insert(here.end(), {chain_, {}});
  at->states.push_back(std::move(held_));
  too_many_ = ++states_->count_ > kMaxStates;
  return outcome;
}

void StateRecorder::slot_cleaned(Env&, const VerifierState& state, u32 frame, int spi) {
  if (!too_many_) cleaned_[{u32(state.insn_idx), chain_of(state)}][frame] |= u64{1} << spi;
}

// A saved state vouches for no slot that was taken out of it, and neither do the states after it. But another path from
// the same place may have read the slot: then it is live there, and no state vouches for it.
StateRecorder::SlotMasks StateRecorder::unsure_slots(Env& env) {
  SlotMasks unsure{};
  for (const auto& [place, cleaned] : cleaned_) {
    const auto example = examples_.find(place);
    if (example == examples_.end()) continue;
    env.liveness->prepare_exact_query(example->second);
    for (u32 f = 0; f < verifier::kMaxFrames; ++f)
      for (int spi = 0; spi < verifier::kMaxSlots; ++spi)
        if ((cleaned[f] >> spi & 1) && env.liveness->slot_alive(f, spi)) unsure[f] |= u64{1} << spi;
  }
  return unsure;
}

// Of memory, a state vouches only for slots that are read later; which ones, the verifier knows at its end.
void StateRecorder::keep_only_live(Env& env) {
  const SlotMasks unsure = unsure_slots(env);
  for (const auto& [place, example] : examples_) {
    env.liveness->prepare_exact_query(example);
    for (HeldAt& held : states_->insns_[place.insn]) {
      if (held.chain != place.chain) continue;
      for (HeldState& state : held.states) {
        std::erase_if(state.slots, [&](const HeldSlot& slot) {
          const int spi = -slot.off / verifier::kSlotBytes - 1;
          return (unsure[slot.frame] >> spi & 1) || !env.liveness->slot_alive(slot.frame, spi);
        });
        renumber(state);
      }
      drop_equal(held.states);
    }
  }
}

void StateRecorder::finished(Env& env, verifier::Outcome outcome) {
  if (!outcome.is_error() && !too_many_) keep_only_live(env);
  examples_.clear();
  cleaned_.clear();
  states_->walked_ = env.insns_processed;
}

}  // namespace skep::engine
