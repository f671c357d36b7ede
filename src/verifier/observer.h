// Observer: sees the walk as it happens. None is set when a program is merely checked; who wants to explain a verdict,
// measure the walk or try something out verifies once more with one.
#pragma once

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
  // The verdict, while everything that led to it is still there.
  virtual void finished(Env&, Outcome) = 0;
};

}  // namespace skep::verifier
