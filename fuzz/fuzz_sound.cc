// skep_fuzz_sound: generated programs that the verifier accepts, run under the checked interpreter on random inputs.
// Whatever it complains of is a mistake of the verifier, or its own.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "fuzz/case_text.h"
#include "fuzz/gen.h"
#include "fuzz/minimise.h"
#include "fuzz/runner.h"
#include "fuzz/worker.h"
#include "target/helper.h"

namespace skep::fuzz {
namespace {

constexpr int kInputs = 100;               // per program
constexpr int kMostStopped = 2;            // runs at the budget, after which the program is done with
constexpr int kHangSeconds = 300;          // a program at the limits takes each engine seconds
constexpr u64 kProgramsOfWorker = 20'000;  // then another begins, with memory of its own

constexpr size_t kHelpers = 256;

struct Options {
  u64 seed = 1, first = 0, programs = ~0ull, runs = ~0ull;
  int seconds = 0;  // 0: 60, or as long as --runs or --programs say
  bool calls = false;
  std::string out = "build/fuzz", replay;
};

// Shared with the worker, which a mistake may end.
struct Tally {
  u64 current, programs, accepted, without_body, without_states, runs, refused, stopped, violations;
  u64 helpers[kHelpers], kfuncs[kKfuncSlots];  // programs of which some run called it
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

class Worker {
 public:
  Worker(const Options& options, const World& world, Tally& tally) : options_(options), world_(world), tally_(tally) {}

  Status open() {
    auto runner = Runner::make("checked", world_, sys::EngineKind::Checked, Runner::kBudget, options_.calls);
    if (!runner.ok()) return runner.status();
    runner_ = std::move(*runner);
    return {};
  }

  void run(double deadline) {
    const u64 end = std::min(options_.programs, tally_.current + kProgramsOfWorker);
    for (u64& i = tally_.current; i < end && tally_.runs < options_.runs && now() < deadline; i++) {
      alarm(kHangSeconds);
      one(i);
    }
    alarm(0);
  }

  // What is wrong with the program, or "".
  std::string verdict(const Program& program, u64 index) {
    const long loaded = runner_->load(program);
    if (loaded == -EOPNOTSUPP) tally_.without_body++;
    if (loaded < 0) return "";
    tally_.accepted++;
    const sys::Recording& recording = runner_->recording();
    if (recording.error && recording.error != E2BIG)
      return fmt::format("accepted, but not with precise numbers: {}", recording.why);
    tally_.without_states += recording.states == nullptr;
    Rng rng(options_.seed + 1000, index);
    int stopped = 0;
    for (int n = 0; n < kInputs && stopped < kMostStopped; n++) {
      const RunOutcome outcome = runner_->run(program, make_input(program, rng), 1);
      const bool refused = outcome.error && outcome.stop == engine::Stop::None;
      (refused ? tally_.refused : tally_.runs)++;
      if (outcome.stop == engine::Stop::Broken) return outcome.complaint;
      if (outcome.stop == engine::Stop::Fault) return "a fault";
      stopped += outcome.stop != engine::Stop::None;
    }
    tally_.stopped += u64(stopped);
    if (options_.calls) count_calls(program);
    return "";
  }

 private:
  void count_calls(const Program& program) {
    bool helpers[kHelpers] = {}, kfuncs[kKfuncSlots] = {};
    for (const u32 at : runner_->calls_made()) {
      const isa::Insn& insn = program.insns[at];
      if (isa::is_helper_call(insn) && u32(insn.imm) < kHelpers) helpers[insn.imm] = true;
      for (size_t slot = 0; isa::is_kfunc_call(insn) && slot < kKfuncSlots; slot++)
        if (world_.kfuncs[slot] == insn.imm) kfuncs[slot] = true;
    }
    for (size_t i = 0; i < kHelpers; i++) tally_.helpers[i] += helpers[i];
    for (size_t i = 0; i < kKfuncSlots; i++) tally_.kfuncs[i] += kfuncs[i];
  }

  void one(u64 index) {
    bool mutated = false;
    const Program program = generate(options_.seed, index, world_, &mutated);
    if (!can_run(program)) return;
    tally_.programs++;
    const std::string complaint = verdict(program, index);
    if (!complaint.empty()) report(index, program, complaint);
  }

  // Complaints of one kind differ in numbers only.
  static std::string group_of(const std::string& complaint) {
    std::string group;
    for (const char c : complaint)
      if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f' && !group.empty() && group.back() == '#'))
        group += c;
      else if (group.empty() || group.back() != '#')
        group += '#';
    return group.substr(0, 60);
  }

  void report(u64 index, const Program& program, const std::string& complaint) {
    tally_.violations++;
    const std::string group = group_of(complaint);
    fmt::print("program {}: {}\n", index, complaint);
    std::fflush(stdout);
    const std::string path = fmt::format("{}/sound-{:016x}.s", options_.out, std::hash<std::string>{}(group));
    if (access(path.c_str(), F_OK) == 0) return;
    std::ofstream(path) << "being minimised\n";
    const Program small = minimise(program, [&](const Program& candidate) {
      alarm(kHangSeconds);
      return group_of(verdict(candidate, index)) == group;
    });
    const std::string left = verdict(small, index);
    std::ofstream(path) << fmt::format("# {}\n# seed {} program {}: {}\n", left.empty() ? complaint : left,
                                       options_.seed, index, program.note)
                        << to_text(small, world_);
  }

  const Options& options_;
  const World& world_;
  Tally& tally_;
  std::unique_ptr<Runner> runner_;
};

int replay(const Options& options, Worker& worker, const World& world) {
  std::ifstream file(options.replay);
  std::stringstream text;
  text << file.rdbuf();
  const auto program = from_text(text.str(), world);
  if (!program.ok()) {
    fmt::print(stderr, "skep_fuzz_sound: {}: {}\n", options.replay, program.status().context());
    return 2;
  }
  for (u64 index = options.first; index < options.first + 100; index++) {
    const std::string complaint = worker.verdict(*program, index);
    if (complaint.empty()) continue;
    fmt::print("{}\n", complaint);
    return 1;
  }
  fmt::print("no complaint\n");
  return 0;
}

// Worker after worker, each from behind the program that ended the one before.
void run_workers(const Options& options, const World& world, Tally& tally) {
  const double deadline = now() + options.seconds;
  tally.current = options.first;
  while (now() < deadline && tally.current < options.programs && tally.runs < options.runs) {
    std::fflush(stdout);
    const pid_t pid = fork_worker();
    if (pid == 0) {
      Worker worker(options, world, tally);
      if (!worker.open().ok()) _exit(2);
      worker.run(deadline);
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) != kHung) return;
    tally.violations++;
    fmt::print("program {}: the worker {}\n", tally.current, how_it_ended(status));
    bool mutated = false;
    const Program program = generate(options.seed, tally.current, world, &mutated);
    std::ofstream(fmt::format("{}/sound-crash-{}-{}.s", options.out, options.seed, tally.current))
        << fmt::format("# the worker {}\n", how_it_ended(status)) << to_text(program, world);
    tally.current++;
  }
}

void print_calls(const Tally& tally) {
  const target::Target target([]() { return nullptr; });
  std::multimap<u64, std::string, std::greater<>> called;
  for (u32 id = 0; id < kHelpers; id++)
    if (const target::HelperProto* const helper = tally.helpers[id] ? target.helper(id) : nullptr)
      called.emplace(tally.helpers[id], helper->name);
  for (size_t slot = 0; slot < kKfuncSlots; slot++)
    if (tally.kfuncs[slot]) called.emplace(tally.kfuncs[slot], kfunc_name(slot));
  for (const auto& [programs, name] : called) fmt::print("{:8} {}\n", programs, name);
}

bool parse(int argc, char** argv, Options& o) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--seconds")
      o.seconds = std::atoi(value);
    else if (name == "--seed")
      o.seed = std::strtoull(value, nullptr, 0);
    else if (name == "--programs")
      o.programs = std::strtoull(value, nullptr, 0);
    else if (name == "--runs")
      o.runs = std::strtoull(value, nullptr, 0);
    else if (name == "--first")
      o.first = std::strtoull(value, nullptr, 0);
    else if (name == "--calls")
      o.calls = std::atoi(value) != 0;
    else if (name == "--out")
      o.out = value;
    else if (name == "--replay")
      o.replay = value;
    else
      return false;
  }
  if (o.seconds == 0) o.seconds = o.programs == ~0ull && o.runs == ~0ull ? 60 : 1 << 30;
  return argc % 2 == 1;
}

constexpr const char* kUsage =
    "usage: skep_fuzz_sound [--seconds N] [--seed S] [--runs N] [--programs N] [--first I] [--out DIR] [--calls 1]\n"
    "                       [--replay CASE]\n"
    "Runs generated programs that skep accepts under the checked interpreter. What it complains of is minimised and\n"
    "written to DIR. --calls 1 prints which helpers and kfuncs runs called, each with the number of programs. Exit\n"
    "status: 0 no complaint, 1 some, 2 it could not run.\n";

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  void* page = mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SKEP_CHECK(page != MAP_FAILED);
  Tally& tally = *new (page) Tally{};
  const auto vmlinux = running_types();
  const auto world = vmlinux.ok() ? make_world(*vmlinux) : Result<World>(vmlinux.status());
  if (!world.ok()) {
    fmt::print(stderr, "skep_fuzz_sound: {}: {}\n", world.status().context(), std::strerror(world.status().error()));
    return 2;
  }
  if (!options.replay.empty()) {
    Worker worker(options, *world, tally);
    return worker.open().ok() ? replay(options, worker, *world) : 2;
  }
  mkdir(options.out.c_str(), 0777);
  const double start = now();
  run_workers(options, *world, tally);
  fmt::print(
      "seed {}: {} runs of {} accepted programs ({} generated, {} that call what has no body, {} with too many states) "
      "in {:.0f} s; {} runs stopped at the budget, {} inputs refused; {} violations\n",
      options.seed, tally.runs, tally.accepted, tally.programs, tally.without_body, tally.without_states, now() - start,
      tally.stopped, tally.refused, tally.violations);
  if (options.calls) print_calls(tally);
  return tally.violations ? 1 : 0;
}

}  // namespace
}  // namespace skep::fuzz

int main(int argc, char** argv) { return skep::fuzz::main(argc, argv); }
