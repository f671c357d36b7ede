// States, instructions and source lines as the kernel's log prints them (spec: log-format.md 2 to 7).
#pragma once

#include <string>
#include <string_view>

#include "verifier/env.h"

namespace skep::verifier {

// "(b7) r0 = 0": with helper and kfunc names, map addresses as fixed tokens.
std::string disassemble_insn(const Env&, int insn_idx);

// The registers, stack slots and references of one frame and a newline; only those marked changed unless `all`; then
// the marks are cleared.
void print_verifier_state(Env&, const VerifierState&, u32 frameno, bool all);
// A state line: joined to the instruction line just printed, or on its own as "N: ...".
void print_insn_state(Env&, const VerifierState&, u32 frameno);
// The source line of an insn, unless it was the last one printed.
void print_source_line(Env&, int insn_idx, std::string_view prefix);
// "12: (bf) r6 = r1" with what comes before it: branch line, state line, source line.
void print_insn_lines(Env&);

std::string tnum_str(domain::Tnum);
// A register as "map_value(map=m,ks=4,vs=8)" (log-format.md 3.3).
std::string reg_str(const RegState&, u32 printed_frame);
const char* dynptr_type_str(DynptrType);
// "num" for struct bpf_iter_num.
std::string_view iter_type_str(const btf::Btf*, u32 btf_id);

}  // namespace skep::verifier
