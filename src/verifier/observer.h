// Observer: sees the walk as it happens. None is set when a program is merely checked; who wants to explain a verdict,
// measure the walk or try something out verifies once more with one.
#pragma once

#include "diag/variables.h"
#include "verifier/outcome.h"

namespace skep::verifier {

struct Env;
struct VerifierState;

class Observer {
 public:
  virtual ~Observer() = default;
  // The walk of a function begins: the registers are as at its entry.
  virtual void started(Env&, int subprog) = 0;
  // Around each step, the check for equal states included. after_step() may answer something else than the step did:
  // an error it wants forgiven becomes a path end, or ok after it has set Env::insn_idx and the state to go on with.
  virtual void before_step(Env&) = 0;
  virtual Outcome after_step(Env&, Outcome) = 0;
  // The path ended; the newest one not yet walked has become the current one.
  virtual void path_resumed(Env&) = 0;
  // Slot `spi` of that frame is taken out of a saved state: nothing after it read the slot.
  virtual void slot_cleaned(Env&, const VerifierState&, u32 /*frame*/, int /*spi*/) {}
  // At a prune point, for who asks what the walk costs. Env::cur is the state that came; it was compared with an old
  // one that does not cover it, was covered by one and ends, or was saved.
  virtual void kept_apart(Env&, const VerifierState&) {}
  virtual void merged(Env&) {}
  virtual void saved(Env&) {}
  // The exact value of a register (or of a stack slot, then `reg` is -1) of a saved state matters since now: to the
  // current instruction, or, where `from` is not null, because it does so to that state, which covers the current one.
  virtual void made_precise(Env&, const VerifierState& /*saved*/, u32 /*frame*/, int /*reg*/, int /*slot*/,
                            const VerifierState* /*from*/) {}
  // What the source calls values, for those who tell of them; null: nothing but line information says.
  virtual const diag::Variables* variables() { return nullptr; }
  // The verdict, while everything that led to it is still there.
  virtual void finished(Env&, Outcome) = 0;
};

}  // namespace skep::verifier
