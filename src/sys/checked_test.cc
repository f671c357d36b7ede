// The checked interpreter: sound programs pass; a state that is too narrow, or an access outside of its object, is
// found.
#include <gtest/gtest.h>

#include "isa/assemble.h"
#include "sys/executables.h"
#include "sys/testing.h"
#include "verifier/facts.h"

namespace skep::sys {
namespace {

struct Checked {
  std::unique_ptr<Kernel> kernel = make_kernel();
  Asker asker = ask(*kernel);
  long map = asker.ask(
      BPF_MAP_CREATE, MapCreateAttr{.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 48, .max_entries = 4});

  ~Checked() { close(int(map)); }

  std::shared_ptr<ProgObject> load(std::string_view text) {
    auto assembly = isa::assemble(text);
    EXPECT_TRUE(assembly.ok()) << text;
    const std::vector<isa::Insn>& insns = assembly->insns;
    const long fd = asker.ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_SYSCALL,
                                                          .insn_cnt = u32(insns.size()),
                                                          .insns = address(insns.data()),
                                                          .license = address("GPL"),
                                                          .prog_flags = BPF_F_SLEEPABLE});
    EXPECT_GE(fd, 0) << text;
    auto prog = kernel->prog(int(fd));
    close(int(fd));
    return prog.ok() ? *prog : nullptr;
  }
  std::shared_ptr<const engine::Code> code_of(std::string_view text) {
    const auto prog = load(text);
    auto code = kernel->executables().checked_code_of(*prog);
    EXPECT_TRUE(code.ok());
    return *code;
  }
  // What is wrong with a run on this context, or "".
  std::string run(const engine::Code& code, std::vector<u64> ctx = {0, 0, 0, 0}, u64* r0 = nullptr) {
    engine::Run run(kernel->executables().machine(), engine::checked_interpreter());
    const engine::RunResult result = engine::run_program(code, address(ctx.data()), run);
    if (r0) *r0 = result.retval;
    EXPECT_EQ(result.stop != engine::Stop::None, !run.complaint.empty());
    return run.complaint;
  }
  std::string lookup() const {
    return fmt::format(
        "r6 = r1\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map[{}]\ncall 1\nif r0 != 0 goto pc+1\nexit\nr9 = "
        "r0\n",
        map);
  }
};

TEST(CheckedInterpreter, RunsWhatIsSound) {
  Checked checked;
  u64 r0 = 0;
  const auto loop = checked.code_of("r0 = 0\nr1 = 0\nr0 += r1\nr1 += 1\nif r1 < 10 goto pc-3\nexit");
  ASSERT_NE(loop->states, nullptr);
  EXPECT_EQ(checked.run(*loop, {}, &r0), "");
  EXPECT_EQ(r0, 45u);
  const auto calls = checked.code_of("r1 = 5\ncall pc+2\nr0 += 1\nexit\nr0 = r1\nr0 *= 2\nexit");
  EXPECT_EQ(checked.run(*calls, {}, &r0), "");
  EXPECT_EQ(r0, 11u);
  const auto spills = checked.code_of(
      "r2 = *(u32 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r2\n*(u32 *)(r10 - 16) = r2\n*(u64 *)(r10 - 24) = r1\n"
      "r3 = *(u64 *)(r10 - 8)\nr1 = *(u64 *)(r10 - 24)\nr0 = *(u32 *)(r1 + 8)\nr0 += r3\nr4 = *(u16 *)(r10 - 16)\n"
      "r0 += r4\nexit");
  EXPECT_EQ(checked.run(*spills, {7, 5}, &r0), "");
  EXPECT_EQ(r0, 19u);
  const auto value =
      checked.code_of(checked.lookup() + "r7 = *(u64 *)(r6 + 0)\nr7 &= 31\nr9 += r7\nr0 = *(u64 *)(r9 + 8)\nexit");
  for (u64 at = 0; at < 32; ++at) EXPECT_EQ(checked.run(*value, {at}), "");
}

// A verifier that is wrong about one operation, seen from the other side: the states stay, the operation changes.
struct Wrong {
  const char* name;
  std::string program;
  u32 op;
  engine::Op changed;
  const char* complaint;  // part of it
  std::vector<u64> ctx = {0xffff'ffff'ffff'ffff, 1, 2, 3};
};

using engine::OpCode;

void expect_complaint(Checked& checked, const Wrong& wrong, bool with_states) {
  SCOPED_TRACE(wrong.name);
  const auto code = checked.code_of(wrong.program);
  ASSERT_EQ(checked.run(*code, wrong.ctx), "");
  auto& broken = const_cast<engine::Code&>(*code);
  broken.ops[wrong.op] = wrong.changed;
  if (!with_states) broken.states = nullptr;
  const std::string complaint = checked.run(broken, wrong.ctx);
  EXPECT_NE(complaint.find(wrong.complaint), std::string::npos) << complaint;
}

TEST(CheckedInterpreter, FindsValuesOutsideOfTheirStates) {
  Checked checked;
  const std::string load = "r7 = *(u64 *)(r1 + 0)\n";
  const Wrong kWrong[] = {
      {"tnum", load + "r7 &= 31\nr0 = r7\nexit", 1, {OpCode::And64I, 7, 0, 0, 63}, "insn 2: r7 = 0x3f, where"},
      {"range",
       load + "if r7 > 40 goto pc+2\nr0 = r7\nexit\nr0 = 0\nexit",
       1,
       {OpCode::Jlt64I, 7, 0, 4, 1},
       "insn 2: r7 = 0xffffffffffffffff, where"},
      {"32 bits", load + "w7 = w7\nr0 = r7\nexit", 1, {OpCode::Mov64R, 7, 7, 0, 0}, "insn 2: r7 = 0xffffffffffffffff"},
      {"sign", load + "r7 s>>= 63\nr0 = r7\nexit", 1, {OpCode::Rsh64I, 7, 0, 0, 63}, "insn 2: r7 = 0x1, where"},
      {"spill",
       "r7 = 5\n*(u64 *)(r10 - 8) = r7\nr0 = 0\nr0 = *(u64 *)(r10 - 8)\nexit",
       1,
       {OpCode::St64I, 10, 0, -8, 6},
       "insn 2: fp-8 of frame 0 = 0x6, where"},
      {"zero bytes",
       load + "*(u64 *)(r10 - 8) = r7\n*(u8 *)(r10 - 6) = 0\nr0 = 0\nr0 = *(u8 *)(r10 - 6)\nexit",
       2,
       {OpCode::St8I, 10, 0, -6, 1},
       "where the verifier has zero bytes"},
      {"link",
       load + "r8 = r7\nr0 = 0\nif r7 > 8 goto pc+2\nr0 = r8\nr0 += r7\nexit",
       1,
       {OpCode::Mov64I, 8, 0, 0, 9},
       "insn 2: r8 = 0x9, where the verifier has scalar(id=1), equal to another"},
      {"dead code",
       "r0 = 1\nif r0 == 1 goto pc+1\nr0 = 2\nexit",
       1,
       {OpCode::Jump, 0, 0, 2, 0},
       "insn 2: the verifier never came here"},
      {"pointer",
       checked.lookup() + "r9 += 8\nr0 = *(u64 *)(r9 + 0)\nexit",
       9,
       {OpCode::Add64I, 9, 0, 0, 16},
       "where the verifier has map_value(ks=4,vs=48,off=8)"},
      {"callee",
       load + "r1 = r7\nr1 &= 7\ncall pc+1\nexit\nr0 = r1\nexit",
       2,
       {OpCode::And64I, 1, 0, 0, 15},
       "insn 3: r1 = 0xf, where"},
  };
  for (const Wrong& wrong : kWrong) expect_complaint(checked, wrong, true);
}

TEST(CheckedInterpreter, FindsAccessesOutsideOfTheirObjects) {
  Checked checked;
  const std::string number = "r7 = *(u64 *)(r6 + 0)\nr7 &= 8\n";
  const Wrong kWrong[] = {
      {"load",
       checked.lookup() + "r0 = *(u64 *)(r9 + 40)\nexit",
       9,
       {OpCode::Ld64, 0, 9, 41, 0},
       "8 bytes at offset 41"},
      {"store",
       checked.lookup() + "*(u8 *)(r9 + 47) = 1\nexit",
       9,
       {OpCode::St8I, 9, 0, -1, 1},
       "1 bytes at offset -1"},
      {"atomic",
       checked.lookup() + "r7 = 1\nlock *(u64 *)(r9 + 0) += r7\nexit",
       10,
       {OpCode::Atomic64, 9, 7, 48, 0},
       "8 bytes at offset 48 of a map's value, which has 48"},
      // The neighbour is a value too, but not this pointer's.
      {"neighbour",
       checked.lookup() + number + "r9 += r7\nr0 = *(u64 *)(r9 + 0)\nexit",
       10,
       {OpCode::And64I, 7, 0, 0, 64},
       "8 bytes at offset 64 of a map's value",
       {64, 0, 0, 0}},
      {"stack", "r0 = 0\n*(u64 *)(r10 - 8) = r0\nexit", 1, {OpCode::St64R, 10, 0, -16, 0}, "offset -16 of the stack"},
      {"key",
       "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map[" + std::to_string(checked.map) + "]\ncall 1\nr0 = 0\nexit",
       2,
       {OpCode::Add64I, 2, 0, 0, -2},
       "4 bytes at offset -2 of the stack"},
  };
  for (const Wrong& wrong : kWrong) expect_complaint(checked, wrong, false);
}

// Programs that verifiers once took for sound (numbers are those of their CVEs). Each stands here behind an instruction
// that makes it so, which is then taken out: what is left runs in the checked interpreter alone.
TEST(CheckedInterpreter, StopsProgramsOfOldBugs) {
  Checked checked;
  const std::string lk = checked.lookup() + "r6 = *(u64 *)(r6 + 0)\n";  // op 9; r6 unknown
  const std::string bad = "r9 += r6\nr3 = *(u64 *)(r9 + 0)\nr0 = 0\nexit";
  const engine::Op nothing{OpCode::Mov64R, 1, 1, 0, 0};
  const Wrong kWrong[] = {
      {"2017-16995", checked.lookup() + "w6 = -1\nr6 <<= 1\nr6 = 0\n" + bad, 11, nothing, "of a map's value"},
      {"2018-18445", checked.lookup() + "r6 = 2\nr6 <<= 31\nw6 >>= 31\nw6 -= 2\nr6 = 0\n" + bad, 13, nothing,
       "of a map's value"},
      {"2021-3490",
       lk + "r6 >>= 32\nr6 <<= 32\nr6 += 1\nr7 = 0x100000002 ll\nr6 &= r7\nr6 += 1\nr6 *= 4096\nr6 = 0\n" + bad,
       17,
       nothing,
       "of a map's value",
       {0x1'0000'0000, 0, 0, 0}},
      {"2023-2163",
       lk + "r7 = r6\nr6 = 1024\nif r7 != 0 goto pc+1\nr6 = 0\nr7 = 0\nr6 >>= 10\nr6 *= 8192\nr6 = 0\n" + bad,
       17,
       nothing,
       "of a map's value",
       {1, 0, 0, 0}},
  };
  for (const Wrong& wrong : kWrong) expect_complaint(checked, wrong, false);
}

// Sound, although the machine's memory differs from what a state once had there: nothing after that state reads it.
TEST(CheckedInterpreter, KnowsWhatMemoryAStateVouchesFor) {
  Checked checked;
  // The state with the map's value for a key does not read the stack; the one with the stack's key does.
  const auto one_of_two_keys = checked.code_of(
      checked.lookup() +
      fmt::format("*(u64 *)(r10 - 8) = 3\nr8 = r10\nr8 += -8\nr7 = *(u32 *)(r6 + 0)\nif w7 == 16 goto pc+1\n"
                  "*(u64 *)(r10 - 8) = 0\nr7 = *(u32 *)(r6 + 8)\nif r7 == 1 goto pc+3\nr8 = r9\nr7 = 0\ngoto pc+0\n"
                  "r2 = r8\nr1 = map[{}]\ncall 1\nr0 = 0\nexit",
                  checked.map));
  for (u64 first : {0, 16})
    for (u64 second : {0, 1}) EXPECT_EQ(checked.run(*one_of_two_keys, {first, second}), "");
  // The function overwrites what its caller had there.
  const auto written_within = checked.code_of(
      "r7 = *(u32 *)(r1 + 0)\nr8 = *(u32 *)(r1 + 8)\n*(u64 *)(r10 - 8) = 0\nif r7 == 0 goto pc+1\n"
      "*(u64 *)(r10 - 8) = 21\nr7 = 0\ngoto pc+0\nr1 = r10\nr1 += -8\nr2 = r8\ncall pc+3\n"
      "r3 = *(u64 *)(r10 - 8)\nr0 = 0\nexit\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit");
  for (u64 first : {0, 16}) EXPECT_EQ(checked.run(*written_within, {first, 0}), "");
}

TEST(CheckedInterpreter, FollowsMapsOfMaps) {
  Checked checked;
  const long outer = checked.asker.ask(BPF_MAP_CREATE, MapCreateAttr{.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
                                                                     .key_size = 4,
                                                                     .value_size = 4,
                                                                     .max_entries = 2,
                                                                     .inner_map_fd = u32(checked.map)});
  ASSERT_GE(outer, 0);
  const u32 key = 1, inner = u32(checked.map);
  ASSERT_EQ(checked.asker.ask(BPF_MAP_UPDATE_ELEM,
                              MapElemAttr{.map_fd = u32(outer), .key = address(&key), .value = address(&inner)}),
            0);
  const auto code = checked.code_of(
      fmt::format("r7 = *(u32 *)(r1 + 0)\n*(u32 *)(r10 - 4) = r7\nr2 = r10\nr2 += -4\nr1 = map[{}]\ncall 1\n"
                  "if r0 == 0 goto pc+7\nr1 = r0\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto pc+2\n"
                  "r0 = *(u64 *)(r0 + 0)\nr0 = 7\nexit",
                  outer));
  u64 r0 = 1;
  EXPECT_EQ(checked.run(*code, {0}, &r0), "");
  EXPECT_EQ(r0, 0u);
  EXPECT_EQ(checked.run(*code, {1}, &r0), "");
  EXPECT_EQ(r0, 7u);
  close(int(outer));
}

TEST(CheckedInterpreter, KeepsTheBudget) {
  Checked checked;
  const auto code = checked.code_of("r0 = 0\nr0 += 1\nif r0 < 1000 goto pc-2\nexit");
  for (const engine::Engine* engine : {&engine::interpreter(), &engine::checked_interpreter()}) {
    engine::Run run(checked.kernel->executables().machine(), *engine);
    run.budget = 500;
    EXPECT_EQ(engine::run_program(*code, 0, run).stop, engine::Stop::Budget);
    run.budget = 999;
    EXPECT_EQ(engine::run_program(*code, 0, run).stop, engine::Stop::None);
  }
}

// What a deterministic kernel does follows from its seed: the order of a hash's elements too.
TEST(DeterministicKernel, HashesInTheSameOrder) {
  const auto order = [](u64 seed) {
    auto target = std::make_shared<target::Target>([]() -> std::shared_ptr<const btf::Btf> { return nullptr; });
    KernelConfig config{.target = std::move(target), .caps = {}};
    config.deterministic = true;
    config.seed = seed;
    Kernel kernel(std::move(config));
    const Asker asker = ask(kernel);
    const long map =
        asker.ask(BPF_MAP_CREATE,
                  MapCreateAttr{.map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4, .max_entries = 64});
    for (u32 key = 0; key < 64; ++key)
      asker.ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{.map_fd = u32(map), .key = address(&key), .value = address(&key)});
    std::vector<u32> keys(1);
    MapElemAttr attr{.map_fd = u32(map), .key = 0, .value = address(keys.data())};
    while (keys.size() < 100 && asker.ask(BPF_MAP_GET_NEXT_KEY, attr) == 0) {
      keys.push_back(0);
      attr.key = address(&keys[keys.size() - 2]);
      attr.value = address(&keys[keys.size() - 1]);
    }
    close(int(map));
    return keys;
  };
  EXPECT_EQ(order(1).size(), 65u);
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
}

}  // namespace
}  // namespace skep::sys
