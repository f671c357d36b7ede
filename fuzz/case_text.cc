// See case_text.h.
#include "fuzz/case_text.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstring>

#include "fuzz/world.h"
#include "isa/assemble.h"
#include "isa/disasm.h"

namespace skep::fuzz {
namespace {

using namespace isa;

std::string raw(const Insn& insn) {
  return fmt::format(".insn {:#x} {} {} {} {}", insn.code, u8(insn.dst), u8(insn.src), insn.off, insn.imm);
}

// The text if it assembles to the same slots, else the slots as numbers.
std::string insn_text(const Insn* insn, int slots) {
  std::string text = disassemble(insn);
  if (is_ldimm64(*insn)) {
    const int dst = insn->dst;
    const std::string slot =
        u32(insn->imm) < kMapSlots ? map_rows()[size_t(insn->imm)].name : std::to_string(insn->imm);
    if (insn->src == BPF_PSEUDO_MAP_FD) text = fmt::format("(18) r{} = map[{}]", dst, slot);
    if (insn->src == BPF_PSEUDO_MAP_VALUE) text = fmt::format("(18) r{} = map_value[{}]+{}", dst, slot, insn[1].imm);
  }
  AsmSymbols symbols;
  for (size_t i = 0; i < kMapSlots; i++) symbols.maps[map_rows()[i].name] = s32(i);
  const auto back = assemble(text, symbols);
  const bool same = back.ok() && back->insns.size() == size_t(slots) && back->insns[0] == insn[0] &&
                    (slots == 1 || back->insns[1] == insn[1]);
  if (same) return text;
  return slots == 1 ? raw(insn[0]) : raw(insn[0]) + "\n" + raw(insn[1]);
}

}  // namespace

std::string to_text(const Program& program) {
  std::string text = fmt::format("# type {} attach {} flags {} btf {}\n", program.prog_type, program.attach_type,
                                 program.flags, int(program.with_btf));
  for (const Func& func : program.funcs) text += fmt::format("# func {} {}\n", func.start, int(func.kind));
  for (size_t i = 0; i < program.insns.size(); i++) {
    const bool wide = is_ldimm64(program.insns[i]) && i + 1 < program.insns.size();
    text += insn_text(&program.insns[i], wide ? 2 : 1) + fmt::format("  ; {}\n", i);
    if (wide) i++;
  }
  return text;
}

Result<Program> from_text(std::string_view text) {
  Program program;
  const std::string copy(text);
  int btf = 0;
  const char* head = std::strstr(copy.c_str(), "# type ");
  if (head == nullptr || std::sscanf(head, "# type %u attach %u flags %u btf %d", &program.prog_type,
                                     &program.attach_type, &program.flags, &btf) != 4)
    return error_status(EINVAL, "no line \"# type N attach N flags N btf N\"");
  program.with_btf = btf != 0;
  for (const char* at = head; (at = std::strstr(at, "# func ")) != nullptr; at++) {
    u32 start = 0, kind = 0;
    if (std::sscanf(at, "# func %u %u", &start, &kind) == 2) program.funcs.push_back({start, FuncKind(kind)});
  }
  AsmSymbols symbols;
  for (size_t i = 0; i < kMapSlots; i++) symbols.maps[map_rows()[i].name] = s32(i);
  auto assembly = assemble(text, symbols);
  if (!assembly.ok()) return assembly.status();
  program.insns = std::move(assembly->insns);
  return program;
}

}  // namespace skep::fuzz
