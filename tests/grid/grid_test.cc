// Every sheet of the grid on all engines: what they leave must be the same, and as recorded from Linux 6.18.44 in
// results-6.18.44.tsv (SKEP_BLESS=1 asks the running kernel again). The checked interpreter, which is slow, takes part
// in some runs of each sheet; SKEP_GRID=all (`./dev grid`) has it do them all.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "tests/grid/engines.h"

namespace skep::grid {
namespace {

constexpr size_t kCheckedEvery = 61;  // of the runs
const std::string kResults = std::string(SKEP_GRID_FOLDER) + "/results-6.18.44.tsv";

struct Operands {
  u64 x, y;
};

std::vector<Operands> runs_of(const Sheet& sheet) {
  const std::span<const u64> v = values();
  if (sheet.runs == Runs::Once) return {{1, 2}};
  std::vector<Operands> runs;
  for (size_t i = 0; i < v.size(); ++i) {
    for (size_t j = 0; j < v.size(); ++j)
      if (sheet.runs == Runs::AllPairs || j == (i * 7 + 3) % v.size()) runs.push_back({v[i], v[j]});
  }
  return runs;
}

Words context(const Sheet& sheet, const Operands& run) {
  Words ctx(sheet.words());
  for (u32 r = 0; r < kRegs; ++r) ctx[r] = filling(r);
  ctx[kX] = run.x;
  ctx[kY] = run.y;
  return ctx;
}

// FNV-1a.
u64 hash_of(const Words& words, u64 h) {
  for (const u64 word : words) h = (h ^ word) * 0x100'0000'01b3;
  return h;
}
constexpr u64 kHashStart = 0xcbf2'9ce4'8422'2325;

using Results = std::map<std::string, std::string>;  // by sheet: "refused ERRNO", or the hash of all that it left

Results read_results() {
  Results results;
  std::ifstream file(kResults);
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.find('\t');
    if (!line.starts_with("#") && tab != std::string::npos) results[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return results;
}

class Grid : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    engines_ = new Engines(make_engines());
    recorded_ = new Results(read_results());
    all_ = std::getenv("SKEP_GRID") != nullptr;
    bless_ = std::getenv("SKEP_BLESS") && engines_->live;
    if (!engines_->live) fmt::print("the running kernel is not asked: its recorded results are compared with\n");
  }
  static void TearDownTestSuite() {
    if (bless_) write_results();
    delete engines_;
    delete recorded_;
  }
  static void write_results() {
    std::ofstream file(kResults);
    file << "# What each sheet of the grid left on Linux 6.18.44, as a hash; SKEP_BLESS=1 asks again.\n";
    for (const auto& [name, result] : *recorded_) file << name << '\t' << result << '\n';
  }

  void check(const std::vector<Sheet>& ours, const std::vector<Sheet>& of_live) {
    u64 cases = 0;
    for (size_t i = 0; i < ours.size(); ++i) cases += check_sheet(ours[i], of_live[i]);
    fmt::print("{} sheets, {} cases{}\n", ours.size(), cases, engines_->live ? ", on the running kernel too" : "");
  }
  void check(const std::vector<Sheet>& sheets) { check(sheets, sheets); }

 private:
  // How many cases were run on each engine.
  u64 check_sheet(const Sheet& sheet, const Sheet& of_live) {
    SCOPED_TRACE(sheet.name);
    int error = 0;
    for (const auto& engine : engines_->of_skep) error = std::max(error, engine->load(sheet));
    const int live_error = engines_->live ? engines_->live->load(of_live) : error;
    EXPECT_EQ(error, live_error);
    const std::vector<Operands> runs = runs_of(sheet);
    const bool fails = error || live_error;
    const std::string result = fails ? fmt::format("refused {}", live_error) : run_all(sheet, runs);
    if (bless_) (*recorded_)[sheet.name] = result;
    EXPECT_EQ(result, (*recorded_)[sheet.name]);
    return fails ? 0 : sheet.cases * runs.size();
  }

  std::string run_all(const Sheet& sheet, const std::vector<Operands>& runs) {
    u64 hash = kHashStart;
    const size_t first_checked = sheet.name.size() % kCheckedEvery;
    for (size_t n = 0; n < runs.size(); ++n) {
      Words expected = context(sheet, runs[n]);
      EXPECT_EQ(engines_->of_skep[0]->run(expected), "");
      hash = hash_of(expected, hash);
      const bool checked = all_ || n % kCheckedEvery == first_checked % runs.size();
      if (!same(*engines_->of_skep[1], sheet, runs[n], expected)) break;
      if (checked && !same(*engines_->of_skep[2], sheet, runs[n], expected)) break;
      if (engines_->live && !same(*engines_->live, sheet, runs[n], expected)) break;
    }
    return fmt::format("{:016x}", hash);
  }

  bool same(Engine& engine, const Sheet& sheet, const Operands& run, const Words& expected) {
    Words got = context(sheet, run);
    EXPECT_EQ(engine.run(got), "") << engine.name();
    if (got == expected) return true;
    for (u32 i = 0; i < sheet.words(); ++i) {
      if (got[i] == expected[i]) continue;
      const u32 at = i - kOut;
      ADD_FAILURE() << fmt::format(
          "{}: x {:#x}, y {:#x}, case {}: {} {} is {:#x}, the interpreter has {:#x}", engine.name(), run.x, run.y,
          at / kCaseWords, at % kCaseWords < kRegs ? "register" : "memory word",
          at % kCaseWords < kRegs ? at % kCaseWords : at % kCaseWords - kRegs, got[i], expected[i]);
      break;
    }
    return false;
  }

  static inline Engines* engines_ = nullptr;
  static inline Results* recorded_ = nullptr;
  static inline bool all_ = false, bless_ = false;

 protected:
  static int map() { return engines_->map; }
  static int live_map() { return engines_->live_map; }
};

TEST_F(Grid, Arithmetic) { check(arithmetic()); }
TEST_F(Grid, Jumps) { check(jumps()); }
TEST_F(Grid, Memory) { check(memory(map()), memory(live_map())); }
TEST_F(Grid, Atomics) { check(atomics(map()), atomics(live_map())); }
TEST_F(Grid, Constants) { check(constants()); }

// The grid finds what it is there for: registers and operands reach the results.
TEST_F(Grid, SeesEveryRegisterAndOperand) {
  for (const Sheet& sheet : arithmetic()) {
    if (sheet.name != "add64 reg") continue;
    auto engines = make_engines();
    Engine& engine = *engines.of_skep[1];
    ASSERT_EQ(engine.load(sheet), 0);
    Words ctx = context(sheet, {5, 7});
    ASSERT_EQ(engine.run(ctx), "");
    for (u32 dst = 0; dst < kRegs; ++dst)
      for (u32 src = 0; src < kRegs; ++src)
        for (u32 r = 0; r < kRegs; ++r) {
          const u64 got = ctx[kOut + (dst * kRegs + src) * kCaseWords + r];
          const u64 sum = dst == src ? 10 : 12;
          EXPECT_EQ(got, r == dst ? sum : r == src ? 7 : filling(r));
        }
  }
}

}  // namespace
}  // namespace skep::grid
