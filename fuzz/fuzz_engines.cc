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
#include <optional>
#include <thread>

#include "fuzz/case_text.h"
#include "fuzz/edit.h"
#include "fuzz/gen.h"
#include "fuzz/runner.h"
#include "fuzz/worker.h"

namespace skep::fuzz {
namespace {

constexpr int kOtherPlaces = 8;  // where memory may lie, when a difference is looked at
// Between two of them: bits 31 and 12 of addresses change too.
constexpr size_t kHole = (size_t(1300) << 20) + 5 * 4096;
constexpr int kInputs = 4;                 // per program
constexpr int kHangSeconds = 300;          // a program at the limits takes each engine seconds
constexpr u64 kProgramsOfWorker = 20'000;  // then another begins, with memory of its own

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

// The same program with its stack elsewhere: its main function's frame is larger by some bytes.
Program with_moved_stack(const Program& program) {
  constexpr int kBytes = 40;
  s16 lowest = 0;
  for (size_t i = 0; i < program.insns.size() && program.insns[i].code == (isa::BPF_ST | isa::BPF_MEM | isa::BPF_DW);
       i++)
    lowest = std::min(lowest, program.insns[i].off);
  Program moved = program;
  insert_insns(
      moved, 0,
      {{.code = isa::BPF_ST | isa::BPF_MEM | isa::BPF_DW, .dst = isa::kFramePtr, .off = s16(lowest - kBytes)}});
  moved.funcs[0].start = 0;
  return moved;
}

// Nothing but its input decides what the program does: no clock, no random number, no process.
bool is_pure(const Program& program) {
  constexpr s32 kPure[] = {kMapLookup, kMapUpdate, kMapDelete, kSkbLoad,    kCsumDiff, kLoop,     kForEach,
                           kMapPush,   kMapPop,    kMapPeek,   kDynFromMem, kDynRead,  kDynWrite, kDynData};
  bool goes_round = false, hash = false;  // elements of a hash come in any order
  for (size_t i = 0; i < program.insns.size(); i++) {
    const isa::Insn& insn = program.insns[i];
    goes_round |= isa::is_helper_call(insn) && insn.imm == kForEach;
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
    hash |= map && insn.imm == kHash;
    i++;
  }
  if (goes_round && hash) return false;
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
    if (Status s = add("interp", EngineKind::Interp, Runner::kBudget); !s.ok()) return s;
    if (Status s = add("checked", EngineKind::Checked, Runner::kBudget); !s.ok()) return s;
    if (Status s = add("jit", EngineKind::Jit, engine::kNoBudget); !s.ok()) return s;
    if (!options_.live_percent) return {};
    auto live = Runner::make_live(world_);
    if (live.ok()) live_ = std::move(*live);
    return {};
  }

  void run(double deadline) {
    const u64 end = tally_.current + kProgramsOfWorker;
    for (u64& i = tally_.current; i < end && tally_.programs < options_.programs && now() < deadline; i++) {
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
    // What was changed at random looks at pointers as numbers, which are negative in the kernel.
    const bool pure = !mutated && is_pure(program) && !may_be_known_unsound(program, world_, mutated);
    const bool live =
        live_ && pure && Rng(options_.seed + 5, index).chance(options_.live_percent * 10) && live_->load(program) >= 0;
    tally_.programs++;
    tally_.live += live;
    Rng rng(options_.seed + 1000, index);
    std::vector<Input> inputs;
    for (int n = 0; n < kInputs; n++) {
      inputs.push_back(make_input(program, rng));
      if (!compare(program, inputs, index, live)) return;
    }
  }

  // On the last of the inputs, after the others. False: the program is done with.
  bool compare(const Program& program, const std::vector<Input>& inputs, u64 index, bool live) {
    const RunOutcome first = engines_[0]->run(program, inputs.back(), 1);
    if (first.stop == engine::Stop::Budget) return false;
    tally_.runs++;
    const auto differs = [&](Runner& runner) {
      const RunOutcome other = runner.run(program, inputs.back(), 1);
      if (other == first) return false;
      if (depends_on_addresses(program, inputs, first))
        tally_.by_address++;
      else
        report(index, program, runner, first, other);
      return true;
    };
    for (size_t i = 1; i < engines_.size(); i++)
      if (differs(*engines_[i])) return false;
    return !live || !differs(*live_);
  }

  // An interpreter with its stack and its maps elsewhere does something else too; or the program casts pointers, and
  // may read what lies beyond its objects, or follows what others left in the arena.
  bool depends_on_addresses(const Program& program, const std::vector<Input>& inputs, const RunOutcome& first) {
    for (const isa::Insn& insn : program.insns) {
      if (isa::is_kfunc_call(insn) && insn.imm == world_.kfuncs[kRdonlyCast]) return true;
      if (isa::is_ldimm64(insn) && insn.src == isa::BPF_PSEUDO_MAP_FD && insn.imm == kArena) return true;
    }
    const Program moved = with_moved_stack(program);
    std::vector<void*> holes;
    std::vector<std::unique_ptr<Runner>> runners;  // all at a time: none where another was
    bool differs = false;
    for (int n = 0; n < kOtherPlaces && !differs; n++) {
      holes.push_back(mmap(nullptr, kHole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
      std::thread([&] {
        auto last = run_anew(moved, inputs, runners);
        if (!last) last = run_anew(program, inputs, runners);  // there was no room on the stack
        differs = last && !(*last == first);
      }).join();
    }
    for (void* hole : holes)
      if (hole != MAP_FAILED) munmap(hole, kHole);
    return differs;
  }

  // On the inputs one after the other; the outcome of the last. None: it cannot be loaded.
  std::optional<RunOutcome> run_anew(const Program& program, const std::vector<Input>& inputs,
                                     std::vector<std::unique_ptr<Runner>>& runners) {
    auto runner = Runner::make("interp again", world_, sys::EngineKind::Interp, Runner::kBudget);
    if (!runner.ok() || (*runner)->load(program) < 0) return {};
    runners.push_back(std::move(*runner));
    RunOutcome last;
    for (const Input& input : inputs) last = runners.back()->run(program, input, 1);
    return last;
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
  std::vector<std::unique_ptr<Runner>> engines_;  // the first is what the others are compared with
  std::unique_ptr<Runner> live_;
};

// Worker after worker, each from behind the program that ended the one before.
void run_workers(const Options& options, const World& world, Tally& tally) {
  const double deadline = now() + options.seconds;
  tally.current = options.first;
  while (now() < deadline && tally.programs < options.programs) {
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
    tally.differences++;
    fmt::print("program {}: the worker {}\n", tally.current++, how_it_ended(status));
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
