// Runs the cases of *.cases in this folder through the plugin, on both engines. A case is
//
//   == name
//   mem: hex bytes          (if it wants memory: R1 its address, R2 its size)
//   instructions, as the verifier's log writes them
//   => result, in hex
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "isa/assemble.h"

namespace skep {
namespace {

struct Case {
  std::string name, memory, text, result;
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(SKEP_CONFORMANCE_CASES)) {
    if (entry.path().extension() != ".cases") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("== "))
        cases.push_back({.name = line.substr(3)});
      else if (cases.empty() || line.empty() || line.starts_with("#"))
        continue;
      else if (line.starts_with("mem: "))
        cases.back().memory = line.substr(5);
      else if (line.starts_with("=> "))
        cases.back().result = line.substr(3);
      else
        cases.back().text += line + "\n";
    }
  }
  return cases;
}

std::string hex(const std::vector<isa::Insn>& insns) {
  std::string out;
  const auto* bytes = reinterpret_cast<const u8*>(insns.data());
  for (size_t i = 0; i < insns.size() * sizeof(isa::Insn); ++i) out += fmt::format("{:02x} ", bytes[i]);
  return out;
}

std::string answer(const Case& test, const std::vector<isa::Insn>& insns, const char* engine) {
  const std::string command =
      fmt::format("{} --program '{}' '{}' {}", SKEP_CONFORMANCE_PLUGIN, hex(insns), test.memory, engine);
  FILE* const pipe = popen(command.c_str(), "r");
  if (!pipe) return "";
  std::array<char, 256> line{};
  std::string out;
  while (std::fgets(line.data(), line.size(), pipe)) out += line.data();
  EXPECT_EQ(pclose(pipe), 0) << test.name;
  return out;
}

TEST(Conformance, EveryCaseGivesItsResult) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 30u);
  for (const Case& test : cases) {
    const auto assembly = isa::assemble(test.text);
    ASSERT_TRUE(assembly.ok()) << test.name << ": " << assembly.status().context();
    for (const char* engine : {"--jit", "--interp"})
      EXPECT_EQ(answer(test, assembly->insns, engine), test.result + "\n") << test.name << " " << engine;
  }
}

}  // namespace
}  // namespace skep
