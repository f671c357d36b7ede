// Disassembly in the syntax of the kernel's verifier log (spec: log-format.md 7.1).
#pragma once

#include <functional>
#include <string>

#include "isa/insn.h"

namespace skep::isa {

// What only the caller knows about an instruction; unset members give the text of a bare instruction stream.
struct DisasmNames {
  // The text after "call " for a helper or kfunc: "bpf_map_lookup_elem#1", "bpf_iter_num_next#64245".
  std::function<std::string(const Insn&)> call;
  // The value that a ld_imm64 shows (addresses of maps are a fixed token chosen by the caller). Default: the two
  // immediates.
  std::function<u64(const Insn*)> imm64;
};

// "(b7) r0 = 0": no index, no newline. `insn` points at two slots if it is a ld_imm64.
std::string disassemble(const Insn* insn, const DisasmNames& names = {});

}  // namespace skep::isa
