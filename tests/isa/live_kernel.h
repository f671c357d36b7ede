// Asks the running kernel's verifier about instructions, for tests: loads a program and returns the log. Never attaches
// or runs anything.
#pragma once

#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "isa/insn.h"

namespace skep::isa::live {

// Not <linux/bpf.h>, whose macros have the names of isa/insn.h's constants.
constexpr int kProgLoad = 5;
constexpr u32 kSocketFilter = 1;

// The first members of union bpf_attr for BPF_PROG_LOAD; the kernel takes the rest as zero.
struct LoadAttr {
  u32 prog_type;
  u32 insn_cnt;
  u64 insns;
  u64 license;
  u32 log_level;
  u32 log_size;
  u64 log_buf;
};
static_assert(sizeof(LoadAttr) == 40);

struct Verdict {
  int error = 0;  // errno, 0 if accepted
  std::string log;
};

inline Verdict load(std::span<const Insn> program) {
  std::string log(1 << 16, '\0');
  LoadAttr attr{kSocketFilter,
                static_cast<u32>(program.size()),
                reinterpret_cast<u64>(program.data()),
                reinterpret_cast<u64>("GPL"),
                2,
                static_cast<u32>(log.size()),
                reinterpret_cast<u64>(log.data())};
  long fd = syscall(SYS_bpf, kProgLoad, &attr, sizeof(attr));
  int error = fd < 0 ? errno : 0;
  if (fd >= 0) close(static_cast<int>(fd));
  log.resize(std::strlen(log.c_str()));
  return {error, log};
}

// Whether bpf(2) works here and the kernel is of the version the recorded answers are from: texts differ between
// versions.
inline bool available() {
  static const bool works = [] {
    utsname host;
    if (uname(&host) != 0 || !std::string_view(host.release).starts_with("6.18.")) return false;
    std::vector<Insn> program = {{0xb7, 0, 0, 0, 0}, {0x95, 0, 0, 0, 0}};
    return load(program).error == 0;
  }();
  return works;
}

// The text of instruction `index` in the list of live registers, which level 2 prints for the whole program before the
// walk. Empty if the program did not get that far. "      0: .1........ (bf) r6 = r1"
inline std::string listed_text(const std::string& log, size_t index) {
  std::string key = std::to_string(index) + ": ";
  key.insert(0, key.size() < 9 ? 9 - key.size() : 0, ' ');
  size_t at = log.find("\n" + key);
  if (at == std::string::npos) return {};
  at += 1 + key.size() + 10 + 1;  // ten registers, a blank
  return log.substr(at, log.find('\n', at) - at);
}

// The last line before the statistics.
inline std::string message(const std::string& log) {
  size_t end = log.rfind("\nprocessed ");
  if (end == std::string::npos) return {};
  size_t start = log.rfind('\n', end - 1);
  start = start == std::string::npos ? 0 : start + 1;
  return log.substr(start, end - start);
}

// Where wrap() puts the instruction.
constexpr size_t kProbe = 13;
constexpr int kPadding = 8;

// A program that reaches `insn` with every register initialised (R6 and R9 hold the context, the others a constant),
// and in which what follows is reachable whatever `insn` is and whatever small distance it jumps. The walk takes `insn`
// at once.
inline std::vector<Insn> wrap(std::span<const Insn> insn) {
  std::vector<Insn> program;
  auto add = [&](Insn i) { program.push_back(i); };
  add({0xbf, 6, 1, 0, 0});
  add({0xbf, 9, 1, 0, 0});
  for (u8 r : {0, 1, 2, 3, 4, 5, 7, 8}) add({0xb7, r, 0, 0, 1});
  while (program.size() < kProbe - 1) add({0xb7, 8, 0, 0, 1});
  add({0x15, 0, 0, static_cast<s16>(insn.size()), 5});  // never taken, since r0 is 1
  for (const Insn& i : insn) add(i);
  for (int i = 0; i < kPadding; i++) add({0xb7, 0, 0, 0, 0});
  add({0x95, 0, 0, 0, 0});
  return program;
}

}  // namespace skep::isa::live
