// What the verifier held at every instruction: recorded during a verification, for the checked interpreter, which
// compares the machine with it (docs/engine.md).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "verifier/env.h"
#include "verifier/observer.h"

namespace skep::engine {

// What one state says of memory or registers: only what instructions after it may still look at.
struct HeldReg {
  u8 regno;
  verifier::RegState reg;
};
struct HeldSlot {
  u8 frame;      // the verifier's number of the call frame
  s16 off;       // of the slot's lowest byte, from that frame's end
  u8 size;       // bytes of `reg` from there; 0: nothing is spilled here
  u8 zero_mask;  // bit i: the byte at off + i is 0
  verifier::RegState reg;
};
struct HeldState {
  std::vector<HeldReg> regs;
  std::vector<HeldSlot> slots;
};

// A chain of calls: how a function was entered. Frame 0 of a walk has no caller.
using ChainId = u32;
inline constexpr ChainId kNoChain = ~0u;

struct HeldAt {
  ChainId chain;
  std::vector<HeldState> states;
};

class RecordedStates {
 public:
  // The states at an instruction that was reached through `chain`; null: the verifier never came there.
  const std::vector<HeldState>* at(u32 insn, ChainId chain) const {
    for (const HeldAt& held : insns_[insn])
      if (held.chain == chain) return &held.states;
    return nullptr;
  }
  // The chain of a function that a walk begins with, and of one called from another; kNoChain: it never was.
  ChainId root(u32 subprog) const { return find(kNoChain, -1, subprog); }
  ChainId called(ChainId caller, int callsite, u32 subprog) const { return find(caller, callsite, subprog); }
  bool is_global(u32 subprog) const { return global_[subprog]; }
  size_t count() const { return count_; }
  u32 walked() const { return walked_; }

 private:
  friend class StateRecorder;
  struct Call {
    ChainId caller;
    int callsite;
    u32 subprog;
    auto operator<=>(const Call&) const = default;
  };
  ChainId find(ChainId caller, int callsite, u32 subprog) const {
    const auto found = chains_.find({caller, callsite, subprog});
    return found == chains_.end() ? kNoChain : found->second;
  }

  std::vector<std::vector<HeldAt>> insns_;  // per instruction
  std::map<Call, ChainId> chains_;
  std::vector<bool> global_;  // per subprogram
  size_t count_ = 0;
  u32 walked_ = 0;  // instructions of the verification
};

// Records a verification with Options::all_precise. Without that, a state stands for runs whose numbers it does not
// describe.
class StateRecorder final : public verifier::Observer {
 public:
  // After an accepting verification; null: there were too many states to keep.
  std::shared_ptr<const RecordedStates> take() { return too_many_ ? nullptr : std::move(states_); }

  void started(verifier::Env&, int subprog) override;
  void before_step(verifier::Env&) override;
  verifier::Outcome after_step(verifier::Env&, verifier::Outcome) override;
  void path_resumed(verifier::Env&) override {}
  void slot_cleaned(verifier::Env&, const verifier::VerifierState&, u32 frame, int spi) override;
  void finished(verifier::Env&, verifier::Outcome) override;

 private:
  using SlotMasks = std::array<u64, verifier::kMaxFrames>;  // bit per slot, of each frame
  struct Place {
    u32 insn;
    ChainId chain;
    bool operator<(const Place& o) const { return insn != o.insn ? insn < o.insn : chain < o.chain; }
  };

  ChainId chain_of(const verifier::VerifierState& state);
  SlotMasks unsure_slots(verifier::Env& env);
  void keep_only_live(verifier::Env& env);

  std::shared_ptr<RecordedStates> states_ = std::make_shared<RecordedStates>();
  HeldState held_;  // before the step
  ChainId chain_ = kNoChain;
  int insn_ = -1;
  bool holds_ = false, too_many_ = false;
  std::map<Place, verifier::VerifierState> examples_;  // one state of each place, to ask what is live there
  std::map<Place, SlotMasks> cleaned_;                 // out of saved states
};

}  // namespace skep::engine
