// Names for people: where an instruction is in the source, what a register is called there, what it points to. From
// line information, BTF and the text of the line; a register's own name where nothing else is known.
#pragma once

#include <string>

#include "diag/explanation.h"
#include "diag/variables.h"
#include "verifier/env.h"
#include "verifier/explain/trace.h"

namespace skep::verifier {

// The line information of an instruction, or null.
const btf::LineInfo* line_info_at(const Env& env, u32 insn_idx);
diag::Place place_of(const Env& env, int insn_idx);
diag::Known known_of(const RegState& reg);

// What a pointer points to or into, in words; empty for anything else.
std::string object_words(const RegState& reg);
// The helper, kfunc or function that a call calls; empty if the instruction is no call.
std::string callee_name(const Env& env, int insn_idx);

// The call in the place's text: of the callee, or of the macro that kfuncs named ..._impl are called through.
diag::CallText call_text(const diag::Place& place, std::string_view callee);

// What the source calls register `regno` where the instruction uses it: `tcp` for the address of `tcp->dest`, the
// argument's text for a call. Empty if the text does not say.
std::string name_at_use(const Env& env, const diag::Place& place, int insn_idx, u32 regno);
// What the source assigns the instruction's result to; empty if it does not say.
std::string name_at_definition(const diag::Place& place);
// What debug information calls a location before an instruction; `derived`: also a variable that is only computed from
// it. Empty: nothing is known.
std::string variable_name(const Env& env, int insn_idx, const Loc& loc, bool derived = false);
// The parameter that R1 to R5 hold at the entry of a function, from BTF.
std::string parameter_name(const Env& env, u32 subprog, u32 regno);

// The memory at `off` behind a pointer: "`ctx->data`", "`cnt` of a value of map `flows`".
std::string memory_words(const Env& env, const RegState& pointer, s64 off);
// The member at `off` in a type, as ".a.b[3]"; empty if there is none.
std::string member_path(const btf::Btf& types, u32 id, u32 off);

// Debug information, read when somebody asks for the first name.
class LazyVariables {
 public:
  explicit LazyVariables(diag::VariableSource source) : source_(std::move(source)) {}
  const diag::Variables* get() {
    if (source_) read_ = source_();
    source_ = nullptr;
    return read_.get();
  }

 private:
  diag::VariableSource source_;
  std::shared_ptr<const diag::Variables> read_;
};

std::string quoted(std::string_view name);  // between backticks

}  // namespace skep::verifier
