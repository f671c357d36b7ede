// What running programs put out, and the CPUs they run on.
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "isa/assemble.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

std::unique_ptr<Kernel> make_kernel_with(KernelConfig config) {
  config.target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
  return std::make_unique<Kernel>(std::move(config));
}

int load(const Asker& asker, u32 type, std::string_view text) {
  auto assembly = isa::assemble(text);
  if (!assembly.ok()) {
    ADD_FAILURE() << assembly.status().context();
    return -1;
  }
  ProgLoadAttr attr{.prog_type = type,
                    .insn_cnt = u32(assembly->insns.size()),
                    .insns = address(assembly->insns.data()),
                    .license = address("GPL"),
                    .prog_flags = type == BPF_PROG_TYPE_SYSCALL ? u32(BPF_F_SLEEPABLE) : 0};
  const long fd = asker.ask(BPF_PROG_LOAD, attr);
  EXPECT_GE(fd, 0) << text;
  return int(fd);
}

int run(const Asker& asker, u32 type, std::string_view text) {
  TestRunAttr attr{.prog_fd = u32(load(asker, type, text))};
  EXPECT_EQ(asker.ask_back(BPF_PROG_TEST_RUN, attr), 0) << text;
  close(int(attr.prog_fd));
  return int(attr.retval);
}

TEST(RunOutput, PrintkGivesALineAsInTracePipe) {
  std::string line;
  auto kernel = make_kernel_with({.trace = [&](std::string_view text) { line = text; }});
  // "n=%d\n" on the stack.
  EXPECT_EQ(run(ask(*kernel), BPF_PROG_TYPE_SYSCALL,
                "r1 = 0x0a64253d6e ll\n*(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\nr2 = 6\nr3 = 42\nr4 = 0\n"
                "r5 = 0\ncall 6\nexit"),
            5);
  EXPECT_TRUE(line.ends_with(": bpf_trace_printk: n=42")) << line;
  EXPECT_NE(line.find(fmt::format("-{} ", gettid())), std::string::npos) << line;
}

TEST(RunOutput, PerfOutputGoesToTheListener) {
  u32 index_seen = 0;
  std::vector<u8> seen;
  const auto listener = [&](u32, u32 index, std::span<const u8> bytes) {
    index_seen = index;
    seen.assign(bytes.begin(), bytes.end());
  };
  auto kernel = make_kernel_with({.perf = listener});
  const Asker asker = ask(*kernel);
  const long map = asker.ask(
      BPF_MAP_CREATE,
      MapCreateAttr{.map_type = BPF_MAP_TYPE_PERF_EVENT_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 2});
  ASSERT_GE(map, 0);
  const auto output = [&](int flags) {
    return run(asker, BPF_PROG_TYPE_RAW_TRACEPOINT,
               fmt::format("*(u64 *)(r10 - 8) = 7\nr2 = map[{}]\nr3 = {}\nr4 = r10\nr4 += -8\nr5 = 8\n"
                           "call 25\nexit",
                           map, flags));
  };
  EXPECT_EQ(output(1), 0);
  EXPECT_EQ(index_seen, 1u);
  EXPECT_EQ(seen, (std::vector<u8>{7, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(output(2), -E2BIG);
}

// An increment that is no atomic operation is safe in a per-CPU value.
TEST(RunCpus, ThreadsDoNotMeetInPerCpuValues) {
  constexpr int kThreads = 4, kRuns = 50, kRounds = 1000;
  auto kernel = make_kernel_with({});
  const Asker asker = ask(*kernel);
  const long map =
      asker.ask(BPF_MAP_CREATE,
                MapCreateAttr{.map_type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1});
  ASSERT_GE(map, 0);
  const int prog = load(asker, BPF_PROG_TYPE_SYSCALL,
                        fmt::format("*(u32 *)(r10 - 4) = 0\nr1 = map[{}]\nr2 = r10\nr2 += -4\ncall 1\n"
                                    "if r0 == 0 goto pc+6\nr1 = 0\nr2 = *(u64 *)(r0 + 0)\nr2 += 1\n"
                                    "*(u64 *)(r0 + 0) = r2\nr1 += 1\nif r1 < {} goto pc-5\nr0 = 0\nexit",
                                    map, kRounds));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRuns; ++i) {
        TestRunAttr attr{.prog_fd = u32(prog)};
        EXPECT_EQ(asker.ask_back(BPF_PROG_TEST_RUN, attr), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<u64> values(kernel->target().possible_cpus());
  const u32 key = 0;
  const MapElemAttr attr{.map_fd = u32(map), .key = address(&key), .value = address(values.data())};
  ASSERT_EQ(asker.ask(BPF_MAP_LOOKUP_ELEM, attr), 0);
  EXPECT_EQ(std::accumulate(values.begin(), values.end(), u64(0)), u64(kThreads) * kRuns * kRounds);
}

}  // namespace
}  // namespace skep::sys
