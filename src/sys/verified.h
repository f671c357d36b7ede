// From a verdict to what later loads and runs need of a program; and the way back from a program's file to a verdict.
#pragma once

#include "engine/checked_states.h"
#include "sys/kernel.h"

namespace skep::sys {

std::shared_ptr<verifier::VerifiedProgram> verified_program(const verifier::Program& program,
                                                            const verifier::Verdict& verdict, u32 id);

verifier::Options verifier_options(const target::Caps& caps);

// What instructions refer to, as a verifier may see it: facts that other processes may have changed are fetched anew.
std::shared_ptr<const map::MapMeta> meta_for_verifier(const std::shared_ptr<map::Map>& map);
std::shared_ptr<const verifier::ProgBtf> types_for_verifier(const std::shared_ptr<const BtfObject>& btf);

// Verifies a program from its image, with the maps and types of the namespace, and fills in what it holds. EINVAL: it
// is no program that this kernel accepts.
Result<std::shared_ptr<const verifier::VerifiedProgram>> verify_image(Kernel& kernel, ProgObject& prog);

// What an engine needs of a program: its image is verified again. EINVAL as above.
Result<std::shared_ptr<const verifier::ExecFacts>> facts_of(Kernel& kernel, ProgObject& prog);

// What the verifier holds at every instruction of the program, for the checked interpreter.
struct Recording {
  std::shared_ptr<const engine::RecordedStates> states;  // null: there are too many, or `error`
  // The program is accepted, but not if all numbers count as such whose value matters: errno, and the last line. Unless
  // that is E2BIG, or a loop that goes round too often, pruning forgot that a value mattered.
  int error = 0;
  std::string why;
};
Result<Recording> record_states(Kernel& kernel, ProgObject& prog);

}  // namespace skep::sys
