// Rules that single helpers or small groups have beyond their arguments (spec: helpers.md 7), chosen by
// HelperProto::special.
#pragma once

#include "verifier/call/call.h"

namespace skep::verifier {

// changes_pkt: set if the call makes packet pointers invalid although its row does not say so.
Outcome check_special_rule(Env&, const target::HelperProto&, const isa::Insn&, CallArgMeta&, int insn_idx,
                           bool& changes_pkt);
// R0 after the call: type, reference, range (spec: helpers.md 5).
Outcome set_helper_return(Env&, const target::HelperProto&, const CallArgMeta&, int insn_idx);
// bpf_snprintf's format: every conversion known, and not more of them than arguments of 8 bytes.
bool format_is_valid(std::string_view format, u32 nr_args);

}  // namespace skep::verifier
