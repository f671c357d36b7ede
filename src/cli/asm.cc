// `skep asm` and `skep disasm`: instructions between the syntax of the kernel's log and bytes.
#include <CLI/CLI.hpp>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "cli/say.h"
#include "cli/verbs.h"
#include "isa/assemble.h"
#include "isa/disasm.h"

namespace skep::cli {
namespace {

struct AsmArgs {
  std::string input = "-", output = "-";
};

// The whole file, or standard input for "-".
bool read_input(const std::string& path, std::string& text) {
  if (path == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
    return true;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    complain(path, std::strerror(errno));
    return false;
  }
  text.assign(std::istreambuf_iterator<char>(in), {});
  return true;
}

int assemble(const AsmArgs& args) {
  std::string text;
  if (!read_input(args.input, text)) return kTrouble;
  auto assembly = isa::assemble(text);
  if (!assembly.ok()) {
    complain(args.input, assembly.status().context());
    return kTrouble;
  }
  const std::string bytes(reinterpret_cast<const char*>(assembly->insns.data()),
                          assembly->insns.size() * sizeof(isa::Insn));
  if (args.output == "-") {
    print(bytes);
    return kOk;
  }
  std::ofstream out(args.output, std::ios::binary);
  out << bytes;
  if (out.flush()) return kOk;
  complain(args.output, std::strerror(errno));
  return kTrouble;
}

int disassemble(const AsmArgs& args) {
  std::string bytes;
  if (!read_input(args.input, bytes)) return kTrouble;
  if (bytes.size() % sizeof(isa::Insn)) {
    complain(args.input, "not a whole number of 8-byte instructions",
             "extract a section with llvm-objcopy -O binary -j SECTION");
    return kTrouble;
  }
  std::vector<isa::Insn> insns(bytes.size() / sizeof(isa::Insn) + 1);  // one more: a cut ld_imm64 at the end
  std::memcpy(static_cast<void*>(insns.data()), bytes.data(), bytes.size());
  for (size_t i = 0; i + 1 < insns.size(); ++i) {
    print(fmt::format("{}: {}\n", i, isa::disassemble(&insns[i])));
    if (insns[i].code == (isa::BPF_LD | isa::BPF_IMM | isa::BPF_DW)) ++i;
  }
  return kOk;
}

}  // namespace

void add_asm(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<AsmArgs>();
  CLI::App* verb = app.add_subcommand("asm", "Assemble instructions in the syntax of the kernel's log");
  verb->footer("Example:\n  printf 'r0 = 0\\nexit\\n' | skep asm | skep disasm");
  verb->add_option("FILE", args->input, "text; - for standard input")->capture_default_str();
  verb->add_option("-o,--output", args->output, "instructions; - for standard output")->capture_default_str();
  verb->callback([args, &chosen] { chosen = [args] { return assemble(*args); }; });
}

void add_disasm(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<AsmArgs>();
  CLI::App* verb = app.add_subcommand("disasm", "Print raw instructions in the syntax of the kernel's log");
  verb->footer("Example:\n  llvm-objcopy -O binary -j xdp prog.bpf.o prog.bin && skep disasm prog.bin");
  verb->add_option("FILE", args->input, "8-byte instructions; - for standard input")->capture_default_str();
  verb->callback([args, &chosen] { chosen = [args] { return disassemble(*args); }; });
}

}  // namespace skep::cli
