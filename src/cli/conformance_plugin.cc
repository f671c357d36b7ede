// skep-conformance-plugin: skep's engines for the bpf_conformance suite (github.com/Alan-Jowett/bpf_conformance), whose
// runner starts this once per test.
//
//   skep-conformance-plugin [--program HEX] [MEMORY] [--elf] [--jit | --interp] [--debug]
//
// MEMORY is the program's memory in hex, its bytes apart or not; standard input has the instructions in the same form,
// unless --program gives them; with --elf they are in the .text section of an object. The program gets the memory's
// address in R1 and its size in R2. Standard output gets R0 in hex. The suite's programs are not verified: they have no
// context, and some do what Linux forbids.
#include <elf.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>
#include <set>
#include <string>

#include <fmt/format.h>

#include "engine/jit/jit.h"
#include "engine/link.h"

namespace skep {
namespace {

constexpr u32 kStackBytes = 512;

struct Arguments {
  std::string program, memory;
  bool elf = false, jit = true, ok = true;
};

Arguments parse(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--program" && i + 1 < argc)
      out.program = argv[++i];
    else if (arg == "--elf")
      out.elf = true;
    else if (arg == "--jit" || arg == "--interp")
      out.jit = arg == "--jit";
    else if (arg.starts_with("--"))
      out.ok &= arg == "--debug";  // which we have nothing to say to
    else
      out.memory = arg;
  }
  return out;
}

Result<std::vector<u8>> bytes_of(std::string_view hex) {
  std::string digits;
  std::copy_if(hex.begin(), hex.end(), std::back_inserter(digits), [](unsigned char c) { return !std::isspace(c); });
  if (digits.size() % 2 != 0 ||
      !std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isxdigit(c); }))
    return error_status(EINVAL, "not hex");
  std::vector<u8> bytes;
  for (size_t i = 0; i < digits.size(); i += 2) bytes.push_back(u8(std::stoul(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

template <typename T>
bool read_at(const std::vector<u8>& bytes, u64 at, T& value) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return false;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return true;
}

// The first section of instructions of an ELF64 object.
Result<std::vector<u8>> text_of(const std::vector<u8>& object) {
  Elf64_Ehdr header;
  if (!read_at(object, 0, header)) return error_status(EINVAL, "no ELF object");
  for (u32 i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section;
    if (!read_at(object, header.e_shoff + u64(i) * sizeof(section), section)) break;
    if (section.sh_type != SHT_PROGBITS || !(section.sh_flags & SHF_EXECINSTR) || section.sh_size == 0) continue;
    if (section.sh_offset > object.size() || object.size() - section.sh_offset < section.sh_size) break;
    const auto start = object.begin() + s64(section.sh_offset);
    return std::vector<u8>(start, start + s64(section.sh_size));
  }
  return error_status(EINVAL, "no instructions in the ELF object");
}

// What a verification would have left: every instruction can be reached, and memory is plain memory.
std::shared_ptr<verifier::ExecFacts> unverified(const std::vector<u8>& bytes) {
  auto facts = std::make_shared<verifier::ExecFacts>();
  facts->insns.resize(bytes.size() / sizeof(isa::Insn));
  std::memcpy(facts->insns.data(), bytes.data(), facts->insns.size() * sizeof(isa::Insn));
  const u32 n = u32(facts->insns.size());
  facts->facts.assign(n, {.seen = true});
  std::set<u32> starts = {0};
  for (u32 i = 0; i < n; ++i) {
    const isa::Insn& insn = facts->insns[i];
    if (isa::is_pseudo_call(insn)) starts.insert(i + 1 + u32(insn.imm));
    if (isa::is_helper_call(insn)) facts->calls.push_back({.insn = i});
    if (isa::is_ldimm64(insn)) ++i;
  }
  for (auto start = starts.begin(); start != starts.end(); ++start) {
    const auto next = std::next(start);
    facts->subprogs.push_back({*start, next == starts.end() ? n : *next, kStackBytes, ""});
  }
  return facts;
}

// Jumps that leave the program, or end inside of an instruction, would take link() out of its arrays.
bool jumps_stay_inside(const std::vector<isa::Insn>& insns) {
  const s64 n = s64(insns.size());
  for (s64 i = 0; i < n; ++i) {
    const isa::Insn& insn = insns[size_t(i)];
    if (isa::is_ldimm64(insn) && ++i == n) return false;
    if (!isa::is_jmp_class(insn.code) || isa::is_exit(insn) || isa::is_helper_call(insn)) continue;
    const s64 to = i + 1 +
                   (isa::is_pseudo_call(insn) ? insn.imm
                    : isa::is_goto(insn)      ? isa::goto_offset(insn)
                                              : insn.off);
    if (to < 0 || to >= n) return false;
  }
  return n > 0;
}

Result<u64> run(const std::vector<u8>& program, std::vector<u8> memory, bool with_jit) {
  const auto facts = unverified(program);
  if (!jumps_stay_inside(facts->insns)) return error_status(EINVAL, "a jump leaves the program");
  const auto target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
  auto code = engine::link(facts, *target, [](const map::MapMeta&) { return nullptr; });
  if (!code.ok()) return code.status();
  if (with_jit && !engine::compile(**code)) return error_status(EINVAL, "no machine code for this program");
  engine::Machine machine(engine::MachineConfig{.target = target});
  engine::Run run(machine, with_jit ? engine::jit() : engine::interpreter());
  const u64 args[5] = {memory.empty() ? 0 : reinterpret_cast<u64>(memory.data()), memory.size()};
  const engine::RunResult result = engine::run_program(**code, args, run);
  if (result.stop != engine::Stop::None) return error_status(EFAULT, "the program faulted");
  return result.retval;
}

int complain(std::string_view what) {
  fmt::print(stderr, "skep-conformance-plugin: {}\n", what);
  return 1;
}

int plugin(int argc, char** argv) {
  Arguments arguments = parse(argc, argv);
  if (!arguments.ok) return complain("usage: [--program HEX] [MEMORY] [--elf] [--jit | --interp] [--debug]");
  if (arguments.program.empty()) arguments.program.assign(std::istreambuf_iterator<char>(std::cin), {});
  auto program = bytes_of(arguments.program);
  const auto memory = bytes_of(arguments.memory);
  if (program.ok() && arguments.elf) program = text_of(*program);
  if (!program.ok()) return complain(program.status().context());
  if (!memory.ok()) return complain(memory.status().context());
  const auto r0 = run(*program, *memory, arguments.jit);
  if (!r0.ok()) return complain(r0.status().context());
  fmt::print("{:x}\n", *r0);
  return 0;
}

}  // namespace
}  // namespace skep

int main(int argc, char** argv) { return skep::plugin(argc, argv); }
