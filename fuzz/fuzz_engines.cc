// skep_fuzz_engines: generated programs on the same inputs on all of skep's engines and, where nothing but the program
// decides what it does, on the running kernel (root): return value, packet, context and maps must be the same.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "fuzz/case_text.h"
#include "fuzz/edit.h"
#include "fuzz/gen.h"
#include "fuzz/runner.h"

namespace skep::fuzz {
namespace {

constexpr int kInputs = 4;         // per program
constexpr int kHangSeconds = 300;  // a program at the limits takes each engine seconds

struct Options {
  u64 seed = 1, first = 0, programs = 10'000;
  int seconds = 1 << 30;
  u32 live_percent = 10;
  std::string out = "build/fuzz";
};

// Shared with the worker, which a mistake may end.
struct Tally {
  u64 current, generated, programs, live, by_address, runs, differences;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Memory that nothing was written to differs from run to run: every function begins with a clean stack.
void clear_stacks(Program& program) {
  constexpr int kBytes = 512;
  for (size_t f = program.funcs.size(); f-- > 0;) {
    const size_t start = program.funcs[f].start;
    const size_t end = f + 1 < program.funcs.size() ? program.funcs[f + 1].start : program.insns.size();
    int depth = 0;
    for (size_t i = start; i < end; i++) {
      const isa::Insn& insn = program.insns[i];
      // Displacements of the frame pointer and of its copies; those of other pointers only make it longer.
      const bool memory = isa::insn_class(insn.code) == isa::BPF_LDX || isa::insn_class(insn.code) == isa::BPF_STX ||
                          isa::insn_class(insn.code) == isa::BPF_ST;
      if (memory && (insn.dst == isa::kFramePtr || insn.src == isa::kFramePtr)) depth = std::max(depth, -int(insn.off));
      const bool adds = insn.code == (isa::BPF_ALU64 | isa::BPF_ADD) && insn.imm < 0 && insn.imm >= -kBytes;
      if (adds) depth = std::max(depth, -insn.imm);
      if (isa::is_ldimm64(insn)) i++;
    }
    depth = std::min((depth + 7) / 8 * 8, kBytes);
    std::vector<isa::Insn> clear;
    for (int at = -depth; at < 0; at += 8)
      clear.push_back({.code = isa::BPF_ST | isa::BPF_MEM | isa::BPF_DW, .dst = isa::kFramePtr, .off = s16(at)});
    const bool again = program.funcs[f].start == 0;
    insert_insns(program, start, clear);
    if (again) program.funcs[f].start = 0;
  }
}

// Nothing but its input decides what the program does: no clock, no random number, no process.
bool is_pure(const Program& program) {
  constexpr s32 kPure[] = {kMapLookup, kMapUpdate, kMapDelete, kSkbLoad,    kCsumDiff, kLoop,     kForEach,
                           kMapPush,   kMapPop,    kMapPeek,   kDynFromMem, kDynRead,  kDynWrite, kDynData};
  for (size_t i = 0; i < program.insns.size(); i++) {
    const isa::Insn& insn = program.insns[i];
    // A packet pointer as a number: it is negative in the kernel.
    const bool pointer = program.prog_type == BPF_PROG_TYPE_XDP && isa::insn_class(insn.code) == isa::BPF_LDX &&
                         insn.src == 6 && insn.dst == 7 && insn.off < 12;
    if (pointer || isa::is_kfunc_call(insn)) return false;
    if (isa::is_helper_call(insn) && std::find(std::begin(kPure), std::end(kPure), insn.imm) == std::end(kPure))
      return false;
    if (!isa::is_ldimm64(insn)) continue;
    // Maps that keep what earlier programs left, or differ by CPU.
    const bool map = insn.src == isa::BPF_PSEUDO_MAP_FD || insn.src == isa::BPF_PSEUDO_MAP_VALUE;
    if (map && insn.imm != kArray && insn.imm != kHash && insn.imm != kInner) return false;
    i++;
  }
  return program.prog_type == BPF_PROG_TYPE_XDP || program.prog_type == BPF_PROG_TYPE_SOCKET_FILTER ||
         program.prog_type == BPF_PROG_TYPE_SYSCALL;
}

class Worker {
 public:
  Worker(const Options& options, const World& world, Tally& tally) : options_(options), world_(world), tally_(tally) {}

  Status open() {
    using sys::EngineKind;
    const auto add = [this](const char* name, EngineKind kind, u64 budget) -> Status {
      auto runner = Runner::make(name, world_, kind, budget);
      if (!runner.ok()) return runner.status();
      engines_.push_back(std::move(*runner));
      return {};
    };
    // The first two tell programs apart whose result depends on where things lie.
    if (Status s = add("interp", EngineKind::Interp, Runner::kBudget); !s.ok()) return s;
    if (Status s = add("interp again", EngineKind::Interp, Runner::kBudget); !s.ok()) return s;
    if (Status s = add("checked", EngineKind::Checked, Runner::kBudget); !s.ok()) return s;
    if (Status s = add("jit", EngineKind::Jit, engine::kNoBudget); !s.ok()) return s;
    if (!options_.live_percent) return {};
    auto live = Runner::make_live(world_);
    if (live.ok()) live_ = std::move(*live);
    return {};
  }

  void run(double deadline) {
    for (u64& i = tally_.current; tally_.programs < options_.programs && now() < deadline; i++) {
      alarm(kHangSeconds);
      one(i);
    }
    alarm(0);
  }

 private:
  void one(u64 index) {
    bool mutated = false;
    Program program = generate(options_.seed, index, world_, &mutated);
    if (!can_run(program)) return;
    tally_.generated++;
    clear_stacks(program);
    for (const auto& engine : engines_)
      if (engine->load(program) < 0) return;
    const bool pure = is_pure(program) && !may_be_known_unsound(program, world_, mutated);
    const bool live =
        live_ && pure && Rng(options_.seed + 5, index).chance(options_.live_percent * 10) && live_->load(program) >= 0;
    tally_.programs++;
    tally_.live += live;
    Rng rng(options_.seed + 1000, index);
    for (int n = 0; n < kInputs; n++)
      if (!compare(program, make_input(program, rng), index, live)) return;
  }

  // False: the program is done with.
  bool compare(const Program& program, const Input& input, u64 index, bool live) {
    const RunOutcome first = engines_[0]->run(program, input, 1);
    if (first.stop == engine::Stop::Budget) return false;
    tally_.runs++;
    bool by_address = false;
    for (size_t i = 1; i < engines_.size(); i++) {
      const RunOutcome other = engines_[i]->run(program, input, 1);
      if (i == 1) by_address = !(other == first);
      if (!by_address && !(other == first)) report(index, program, *engines_[i], first, other);
    }
    tally_.by_address += by_address;
    if (by_address || !live) return !by_address;
    const RunOutcome other = live_->run(program, input, 1);
    if (!(other == first)) report(index, program, *live_, first, other);
    return true;
  }

  static std::string difference(const RunOutcome& a, const RunOutcome& b) {
    if (a.error != b.error || a.stop != b.stop)
      return fmt::format("error {} stop {}, {} stop {} {}", a.error, int(a.stop), b.error, int(b.stop), b.complaint);
    if (a.retval != b.retval) return fmt::format("r0 {:#x}, {:#x}", a.retval, b.retval);
    return a.data != b.data ? "packet" : a.ctx != b.ctx ? "context" : "maps";
  }

  void report(u64 index, const Program& program, const Runner& runner, const RunOutcome& first,
              const RunOutcome& other) {
    tally_.differences++;
    const std::string what = fmt::format("interp and {}: {}", runner.name(), difference(first, other));
    fmt::print("program {}: {}\n", index, what);
    std::fflush(stdout);
    std::ofstream(fmt::format("{}/engines-{}-{}.s", options_.out, options_.seed, index))
        << fmt::format("# {}\n# seed {} program {}: {}\n", what, options_.seed, index, program.note)
        << to_text(program, world_);
  }

  const Options& options_;
  const World& world_;
  Tally& tally_;
  std::vector<std::unique_ptr<Runner>> engines_;
  std::unique_ptr<Runner> live_;
};

// Worker after worker, each from behind the program that ended the one before.
void run_workers(const Options& options, const World& world, Tally& tally) {
  const double deadline = now() + options.seconds;
  tally.current = options.first;
  while (now() < deadline && tally.programs < options.programs) {
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
      Worker worker(options, world, tally);
      if (!worker.open().ok()) _exit(2);
      worker.run(deadline);
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || WIFEXITED(status)) return;
    tally.differences++;
    fmt::print("program {}: the worker ended by signal {}\n", tally.current++, WTERMSIG(status));
  }
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
    else if (name == "--first")
      o.first = std::strtoull(value, nullptr, 0);
    else if (name == "--live")
      o.live_percent = u32(std::atoi(value));
    else if (name == "--out")
      o.out = value;
    else
      return false;
  }
  return argc % 2 == 1;
}

constexpr const char* kUsage =
    "usage: skep_fuzz_engines [--programs N] [--seconds N] [--seed S] [--first I] [--live PERCENT] [--out DIR]\n"
    "Runs generated programs on all engines and compares what they did; PERCENT of them, as far as they are fit for "
    "it,\n"
    "on the running kernel too (root; 0: none). Exit status: 0 no difference, 1 some, 2 it could not run.\n";

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
    fmt::print(stderr, "skep_fuzz_engines: {}: {}\n", world.status().context(), std::strerror(world.status().error()));
    return 2;
  }
  mkdir(options.out.c_str(), 0777);
  const double start = now();
  run_workers(options, *world, tally);
  fmt::print(
      "seed {}: {} programs ({} of them on the running kernel too) and {} inputs in {:.0f} s; {} inputs left out whose "
      "result depends on addresses; {} differences\n",
      options.seed, tally.programs, tally.live, tally.runs, now() - start, tally.by_address, tally.differences);
  return tally.differences ? 1 : 0;
}

}  // namespace
}  // namespace skep::fuzz

int main(int argc, char** argv) { return skep::fuzz::main(argc, argv); }
