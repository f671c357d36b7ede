// A budget ends programs that go on for (nearly) ever, in whatever way, on every engine after the same steps.
#include <gtest/gtest.h>

#include "engine/jit/jit.h"
#include "isa/assemble.h"
#include "sys/executables.h"
#include "sys/testing.h"

namespace skep::sys {
namespace {

// Programs count in the map's first value how often they go round: R9 is its address.
constexpr std::string_view kCount = "r9 = map_value[m]\nr1 = *(u64 *)(r9 +0)\nr1 += 1\n*(u64 *)(r9 +0) = r1\n";

struct Endless {
  const char* name;
  std::string text;
};

std::string calling(std::string_view function) {
  return fmt::format("r1 = 8388608\nr2 = func[{}]\nr3 = 0\nr4 = 0\ncall 181\n", function);
}

std::vector<Endless> endless_programs() {
  const std::string count(kCount);
  const std::string ends = "r0 = 0\nexit\n", counts = count + ends;
  const std::string for_each = "r1 = map[m]\nr2 = func[outer]\nr3 = 0\nr4 = 0\ncall 164\n";
  const std::string may_goto = "again:\nmay_goto done\n" + count + "goto again\ndone:\n";
  return {
      {"loop", "r6 = 0\nagain:\n" + count + "r6 += 1\nif r6 != 5000 goto again\n" + ends},
      {"may_goto", may_goto + ends},
      {"may_goto in a subprogram", "again:\nmay_goto done\ncall inner\ngoto again\ndone:\n" + ends + "inner:\n" +
                                       "next:\nmay_goto out\n" + count + "goto next\nout:\n" + ends},
      {"bpf_loop", calling("inner") + ends + "inner:\n" + counts},
      {"bpf_loop in a callback", calling("outer") + ends + "outer:\n" + calling("inner") + ends + "inner:\n" + counts},
      {"bpf_loop for each element", for_each + ends + "outer:\n" + calling("inner") + ends + "inner:\n" + counts},
      {"may_goto in a callback", calling("outer") + ends + "outer:\n" + may_goto + ends},
      {"tail calls", "r8 = r1\nr6 = 0\nagain:\n" + count +
                         "r6 += 1\nif r6 != 400 goto again\nr1 = r8\nr2 = map[t]\nr3 = 0\ncall 12\n" + ends},
  };
}

// Types 1: int, 2: int (), 3 and 4: functions of that type, global and static.
std::vector<u8> functions_btf() {
  constexpr char kNames[] = "\0int\0main\0sub";
  constexpr u32 kInt = 1u << 24, kFunc = 12u << 24, kFuncProto = 13u << 24;
  const u32 types[] = {1, kInt, 4, 1u << 24 | 32, 0, kFuncProto, 1, 5, kFunc | 1, 2, 10, kFunc, 2};
  const u32 header[] = {0x0001eb9f, 24, 0, sizeof(types), sizeof(types), sizeof(kNames)};
  std::vector<u8> out(sizeof(header) + sizeof(types) + sizeof(kNames));
  std::memcpy(out.data(), header, sizeof(header));
  std::memcpy(out.data() + sizeof(header), types, sizeof(types));
  std::memcpy(out.data() + sizeof(header) + sizeof(types), kNames, sizeof(kNames));
  return out;
}

class Budget : public testing::Test {
 protected:
  Budget() : kernel_(make_kernel()), asker_(ask(*kernel_)) {
    map_ = asker_.ask(BPF_MAP_CREATE,
                      MapCreateAttr{.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1});
    programs_ = asker_.ask(
        BPF_MAP_CREATE,
        MapCreateAttr{.map_type = BPF_MAP_TYPE_PROG_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1});
  }
  ~Budget() override {
    close(int(map_));
    close(int(programs_));
  }

  // Entry 0 of the array of programs is this one.
  std::shared_ptr<ProgObject> load(const std::string& text) {
    const auto assembly = isa::assemble(text, {.maps = {{"m", s32(map_)}, {"t", s32(programs_)}}});
    EXPECT_TRUE(assembly.ok()) << assembly.status().context() << "\n" << text;
    if (!assembly.ok()) return nullptr;
    std::vector<u32> functions = {0, 3};  // struct bpf_func_info, ascending
    for (const char* name : {"outer", "inner"})
      if (const auto at = assembly->labels.find(name); at != assembly->labels.end())
        functions.insert(functions.end(), {u32(at->second), 4});
    const long btf = load_btf(asker_, functions_btf());
    const long fd = asker_.ask(BPF_PROG_LOAD, ProgLoadAttr{.prog_type = BPF_PROG_TYPE_XDP,
                                                           .insn_cnt = u32(assembly->insns.size()),
                                                           .insns = address(assembly->insns.data()),
                                                           .license = address("GPL"),
                                                           .prog_btf_fd = u32(btf),
                                                           .func_info_rec_size = 8,
                                                           .func_info = address(functions.data()),
                                                           .func_info_cnt = u32(functions.size() / 2)});
    close(int(btf));
    EXPECT_GE(fd, 0) << text;
    const u32 first = 0;
    asker_.ask(BPF_MAP_UPDATE_ELEM,
               MapElemAttr{.map_fd = u32(programs_), .key = address(&first), .value = address(&fd)});
    auto prog = kernel_->prog(int(fd));
    close(int(fd));
    return prog.ok() ? *prog : nullptr;
  }
  void set_count(u64 n) {
    const u32 first = 0;
    asker_.ask(BPF_MAP_UPDATE_ELEM, MapElemAttr{.map_fd = u32(map_), .key = address(&first), .value = address(&n)});
  }
  u64 count() {
    const u32 first = 0;
    u64 n = 0;
    asker_.ask(BPF_MAP_LOOKUP_ELEM, MapElemAttr{.map_fd = u32(map_), .key = address(&first), .value = address(&n)});
    return n;
  }
  // How often the program went round until the budget ended it.
  u64 rounds(const engine::Code& code, const engine::Engine& engine, u64 budget) {
    set_count(0);
    engine::Run run(kernel_->executables().machine(), engine);
    run.budget = budget;
    u64 ctx[32] = {};
    EXPECT_EQ(engine::run_program(code, address(ctx + 16), run).stop, engine::Stop::Budget);
    return count();
  }

  std::unique_ptr<Kernel> kernel_;
  Asker asker_;
  long map_ = -1, programs_ = -1;
};

TEST_F(Budget, EndsEveryKindOfProgram) {
  for (const Endless& endless : endless_programs()) {
    SCOPED_TRACE(endless.name);
    const auto prog = load(endless.text);
    ASSERT_TRUE(prog);
    const auto code = kernel_->executables().code_of(*prog), checked = kernel_->executables().checked_code_of(*prog);
    ASSERT_TRUE(code.ok() && checked.ok());
    EXPECT_GT(engine::native_size(**code), 0u);
    for (const u64 budget : {0u, 1u, 1000u, 3000u}) {
      const u64 expected = rounds(**code, engine::interpreter(), budget);
      EXPECT_LE(expected, budget + 34);  // each of the programs that call one another goes on once without a jump
      EXPECT_GE(expected, budget / 2);
      EXPECT_EQ(rounds(**code, engine::jit(), budget), expected);
      EXPECT_EQ(rounds(**checked, engine::checked_interpreter(), budget), expected);
    }
  }
}

// What is left of a budget is the next run's; without one the same code runs to its end.
TEST_F(Budget, EndsNothingThatFits) {
  const auto prog = load(endless_programs().front().text);
  ASSERT_TRUE(prog);
  const auto code = kernel_->executables().code_of(*prog);
  ASSERT_TRUE(code.ok());
  for (const engine::Engine* engine : {&engine::interpreter(), &engine::jit()}) {
    engine::Run run(kernel_->executables().machine(), *engine);
    u64 ctx[32] = {};
    for (const auto& [budget, stop] : {std::pair{u64{4998}, engine::Stop::Budget}, {u64{4999}, engine::Stop::None}}) {
      run.budget = budget;
      EXPECT_EQ(engine::run_program(**code, address(ctx + 16), run).stop, stop);
    }
    EXPECT_EQ(run.budget, 0u);
    run.budget = engine::kNoBudget;
    set_count(0);
    EXPECT_EQ(engine::run_program(**code, address(ctx + 16), run).stop, engine::Stop::None);
    EXPECT_EQ(count(), 5000u);
  }
}

}  // namespace
}  // namespace skep::sys
