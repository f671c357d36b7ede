// How fast programs run: the same instructions on the JIT, on the interpreter and in the running kernel (root), one
// after the other in this process, several rounds; medians. Time is processor time of this thread. What is compared is
// net: of programs without helpers the time of the empty program is subtracted, of helpers and map operations that of
// the loop around them, on each side its own.
//
//   run_bench [--quick] [--only TEXT]
//
// docs/performance.md has the table.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "engine/jit/jit.h"
#include "run_works.h"

namespace skep::bench {
namespace {

struct Measured {
  std::array<double, kSides> ns{};  // per run, net of the base; < 0: not measured
};

// A workload on one side.
class Timed {
 public:
  Timed(World& world, const Workload& work, Side side)
      : world_(world), work_(work), side_(side), prog_(world.load(side, work)) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() {
    if (prog_ >= 0) close(int(prog_));
  }
  // ns of a run, of some milliseconds of them; < 0: it does not run.
  double once() {
    if (prog_ < 0) return -1;
    if (repeat_ == 0) {
      const double first = world_.time(side_, work_, prog_, 20, result_) / 20;
      repeat_ = u32(std::clamp(4e6 / std::max(first, 5.0), 20.0, double(work_.most_runs)));
    }
    return world_.time(side_, work_, prog_, repeat_, result_) / repeat_;
  }
  bool loaded() const { return prog_ >= 0; }
  u32 result() const { return result_; }

 private:
  World& world_;
  const Workload& work_;
  Side side_;
  long prog_;
  u32 repeat_ = 0, result_ = 0;
};

// A side at a time, each time after its base, in rounds: what else the machine does changes by the second.
Measured measure(World& world, const Workload& work, const Workload& base, int rounds) {
  std::vector<std::unique_ptr<Timed>> works, bases;
  std::array<std::vector<double>, kSides> net;
  for (int s = 0; s < kSides; ++s) {
    works.push_back(std::make_unique<Timed>(world, work, Side(s)));
    bases.push_back(std::make_unique<Timed>(world, base, Side(s)));
  }
  for (int round = 0; round < rounds; ++round) {
    for (int s = 0; s < kSides; ++s) {
      const double below = bases[s]->once(), spent = works[s]->once();
      if (spent >= 0 && below >= 0) net[s].push_back(spent - below);
    }
  }
  Measured out;
  for (int s = 0; s < kSides; ++s) out.ns[s] = net[s].empty() ? -1 : std::max(median(net[s]), 0.0);
  const u32 ours = works[kJit]->result();
  if (work.same_result && works[kKernel]->loaded() && works[kKernel]->result() != ours)
    fmt::print("{}: the kernel returns {}, the JIT {}\n", work.name, works[kKernel]->result(), ours);
  if (works[kInterp]->result() != ours)
    fmt::print("{}: the interpreter returns {}, the JIT {}\n", work.name, works[kInterp]->result(), ours);
  return out;
}

// --- reports ------------------------------------------------------------------------------------------------------

std::string cell(double ns) { return ns < 0 ? "-" : fmt::format("{:.1f}", ns); }

struct Means {
  double log_kernel = 0, log_interp = 0;
  int n_kernel = 0, n_interp = 0;
};

// The kernel's and the interpreter's by the JIT's.
void report(const Workload& work, const Measured& measured, Means& means) {
  std::array<double, kSides> net;
  for (int s = 0; s < kSides; ++s) net[s] = measured.ns[s] < 0 ? -1 : measured.ns[s] / work.units;
  const double by_kernel = net[kKernel] / net[kJit], by_interp = net[kInterp] / net[kJit];
  fmt::print("| {:28} | {:>9} | {:>9} | {:>9} | {:>6.2f} | {:>6.1f} |\n", work.name, cell(net[kJit]),
             cell(net[kInterp]), cell(net[kKernel]), net[kKernel] < 0 ? 0 : by_kernel, by_interp);
  if (net[kJit] <= 0.02 || net[kInterp] <= 0) return;
  means.log_interp += std::log(by_interp);
  ++means.n_interp;
  if (net[kKernel] <= 0.02) return;
  means.log_kernel += std::log(by_kernel);
  ++means.n_kernel;
}

void head(const char* what) {
  fmt::print("\n| {:28} |   jit, ns | interp,ns | kernel,ns | kernel/jit | interp/jit |\n|---|--:|--:|--:|--:|--:|\n",
             what);
}

void report_all(World& world, const char* what, const std::vector<Workload>& works, const Workload& base, int rounds,
                const std::string& only) {
  head(what);
  Means means;
  for (const Workload& work : works)
    if (work.name != base.name && work.name.find(only) != std::string::npos)
      report(work, measure(world, work, base, rounds), means);
  fmt::print("geometric means: kernel/jit {:.2f}, interp/jit {:.1f}\n",
             means.n_kernel ? std::exp(means.log_kernel / means.n_kernel) : 0,
             means.n_interp ? std::exp(means.log_interp / means.n_interp) : 0);
}

// Of the larger programs: mapping memory costs some microseconds, however small a program is.
void report_compile_times(World& world, const std::vector<Workload>& works, int rounds) {
  fmt::print("\n| compiling | instructions | us | us per instruction | bytes |\n|---|--:|--:|--:|--:|\n");
  for (const Workload& work : works) {
    const long prog = world.load(kJit, work);
    const auto linked = prog < 0 ? nullptr : world.code(prog);
    if (!linked) continue;
    std::vector<double> times;
    for (int i = 0; i < rounds * 3; ++i) {
      engine::Code copy;
      copy.ops = linked->ops;
      copy.entries = linked->entries;
      copy.stack_depth = linked->stack_depth;
      copy.functions = std::make_unique<engine::Function[]>(copy.n_subprogs());
      copy.arena = linked->arena;
      const double start = cpu_ns();
      engine::compile(copy);
      times.push_back((cpu_ns() - start) / 1000);
    }
    const double us = median(times);
    fmt::print("| {:22} | {} | {:.1f} | {:.2f} | {} |\n", work.name, work.insns[kJit].size(), us,
               us / double(work.insns[kJit].size()), engine::native_size(*linked));
    close(int(prog));
  }
}

int run_bench(int argc, char** argv) {
  int rounds = 9;
  std::string only;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) rounds = 3;
    if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) only = argv[++i];
  }
  World world;
  const std::vector<Workload> programs = programs_of(SKEP_BENCH_PROGRAMS);
  if (programs.empty()) {
    fmt::print("no programs: {}\n", SKEP_BENCH_PROGRAMS);
    return 1;
  }
  report_all(world, "program", programs, programs.front(), rounds, only);
  report_all(world, "callbacks, tail calls", call_workloads(world), programs.front(), rounds, only);
  report_all(world, "helper call", helper_workloads(), plain_loop(), rounds, only);
  report_all(world, "map operation", map_workloads(world), plain_loop(), rounds, only);
  report_all(world, "local storage", storage_workloads(world), tracepoint_loop(), rounds, only);
  report_compile_times(world, programs, rounds);
  return 0;
}

}  // namespace
}  // namespace skep::bench

int main(int argc, char** argv) { return skep::bench::run_bench(argc, argv); }
