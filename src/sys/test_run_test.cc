// BPF_PROG_TEST_RUN on small programs, through bpf(2).
#include <gtest/gtest.h>

#include "isa/assemble.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

long load(const Asker& asker, std::string_view text, u32 type = BPF_PROG_TYPE_SYSCALL) {
  auto assembly = isa::assemble(text);
  if (!assembly.ok()) {
    ADD_FAILURE() << assembly.status().context();
    return -EINVAL;
  }
  const std::vector<isa::Insn>& insns = assembly->insns;
  ProgLoadAttr attr{.prog_type = type,
                    .insn_cnt = u32(insns.size()),
                    .insns = address(insns.data()),
                    .license = address("GPL"),
                    .prog_flags = type == BPF_PROG_TYPE_SYSCALL ? u32(BPF_F_SLEEPABLE) : 0};
  return asker.ask(BPF_PROG_LOAD, attr);
}

u32 run(const Asker& asker, std::string_view text, std::vector<u64> ctx = {}) {
  const long prog = load(asker, text);
  EXPECT_GE(prog, 0) << text;
  TestRunAttr attr{.prog_fd = u32(prog), .ctx_size_in = u32(ctx.size() * 8)};
  attr.ctx_in = ctx.empty() ? 0 : address(ctx.data());
  EXPECT_EQ(asker.ask_back(BPF_PROG_TEST_RUN, attr), 0) << text;
  close(int(prog));
  return attr.retval;
}

TEST(TestRun, SyscallProgramsReturnAValue) {
  auto kernel = make_kernel();
  EXPECT_EQ(run(ask(*kernel), "r0 = 42\nexit"), 42u);
  EXPECT_EQ(run(ask(*kernel), "r0 = *(u64 *)(r1 + 8)\nexit", {1, 7}), 7u);
}

TEST(TestRun, LoopsAndCalls) {
  auto kernel = make_kernel();
  EXPECT_EQ(run(ask(*kernel), "r0 = 0\nr1 = 0\nr0 += r1\nr1 += 1\nif r1 < 10 goto pc-3\nexit"), 45u);
  EXPECT_EQ(run(ask(*kernel), "r1 = 5\ncall pc+2\nr0 += 1\nexit\nr0 = r1\nr0 *= 2\nexit"), 11u);
}

TEST(TestRun, ProgramsUseMapsThatUserSpaceSees) {
  auto kernel = make_kernel();
  const Asker asker = ask(*kernel);
  const long map = asker.ask(
      BPF_MAP_CREATE, MapCreateAttr{.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 4});
  ASSERT_GE(map, 0);
  const std::string program = fmt::format(
      "*(u32 *)(r10 - 4) = 7\n*(u64 *)(r10 - 16) = 99\n"
      "r1 = map[{}]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -16\nr4 = 0\ncall 2\n"
      "r1 = map[{}]\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto pc+1\nr0 = *(u64 *)(r0 + 0)\nexit",
      map, map);
  EXPECT_EQ(run(asker, program), 99u);
  const u32 key = 7;
  u64 value = 0;
  EXPECT_EQ(
      asker.ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{.map_fd = u32(map), .key = address(&key), .value = address(&value)}),
      0);
  EXPECT_EQ(value, 99u);
}

}  // namespace
}  // namespace skep::sys
