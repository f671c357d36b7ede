// The assembler of the text tests: the syntax of the kernel's log, so that a case looks like a log.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "isa/insn.h"

namespace skep::isa {

struct AsmSymbols {
  std::map<std::string, s32, std::less<>> helpers;  // "map_lookup_elem" (with or without "bpf_") -> id
  std::map<std::string, s32, std::less<>> kfuncs;   // name -> BTF id
  std::map<std::string, s32, std::less<>> maps;     // map name -> fd or index
};

struct Assembly {
  std::vector<Insn> insns;
  std::vector<int> insn_of_line;                   // per source line: index of the first insn it produced, or -1
  std::map<std::string, int, std::less<>> labels;  // label -> insn index; a label of a subprogram is its name
};

// Assembles `text` (one instruction a line, "//" or "#" comments, "label:" lines, jumps to labels or "goto pc+1"; "call
// name#id", "call name", "call pc+3", "call label"; "r1 = map[name]", "r1 = map_value[name]+8", "r1 = func[label]", "r1
// = 0x1234 ll"). A line ".insn code dst src off imm" gives a raw one. As in the log, "r1 = 5" is a move and "r1 = 0x5"
// the 64-bit load; write "w1 = 0x5", "r1 = 5 ll" to have it otherwise. Besides map and map_value there are
// map_idx[...], map_idx_value[...]+N and btf_id[N]; each takes a name or a number. A label goes before a helper of the
// same name. A name with "#id" needs no symbol, but is a kfunc only if symbols.kfuncs has it (or "kfunc#id"). What a
// log has around an instruction is skipped: "12:", live registers, "(b7)", and all after ';'. EINVAL with "line N: why"
// on bad text.
Result<Assembly> assemble(std::string_view text, const AsmSymbols& symbols = {});

}  // namespace skep::isa
