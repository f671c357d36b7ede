// skep_fuzz_verdict: generated programs, the running kernel's verdict beside skep's.
//
// Worker processes share nothing but a page of counters, so a crash of skep costs one program, is counted as a
// difference, and the parent starts the worker again behind it.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "fuzz/case_text.h"
#include "fuzz/compare.h"
#include "fuzz/gen.h"
#include "fuzz/minimise.h"

namespace skep::fuzz {
namespace {

constexpr size_t kMaxTransports = 32, kMaxSinks = 32, kMaxJobs = 16;
constexpr size_t kLogSize = 4 << 20;  // bytes
constexpr u32 kStatsLevel = 4, kFullLevel = 2 | 4;
// Programs near the verifier's limit take the kernel many seconds: few of them are asked about.
constexpr u32 kHeavyInsns = 200'000, kHeavyPercent = 5;
constexpr int kHangSeconds = 300;  // the kernel takes part of that for programs at its limits

struct Options {
  u64 seed = 1, first = 0, programs = ~0ull;
  int seconds = 60, jobs = 2;
  u32 full_log_percent = 30;
  std::string out = "build/fuzz";
  bool live_only = false, histogram = false;
  std::string replay, show;
};

// Shared by all workers.
struct Tally {
  std::atomic<u64> programs, accepted, differences, skipped, heavy;
  std::atomic<u64> kinds[size_t(Kind::kCount)];
  std::atomic<u64> cells[kMaxTransports][kMaxSinks], cells_accepted[kMaxTransports][kMaxSinks];
  std::atomic<u64> current[kMaxJobs];  // index of the program a worker is at
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

class Worker {
 public:
  Worker(const Options& options, const World& world, Tally& tally)
      : options_(options), world_(world), tally_(tally), log_(kLogSize) {}

  Status open() {
    auto live = Side::make("live", world_, running_kernel());
    if (!live.ok()) return live.status();
    live_ = std::make_unique<Side>(std::move(*live));
    if (options_.live_only) return {};
    auto bpf = skep_kernel();
    if (!bpf.ok()) return bpf.status();
    auto skep = Side::make("skep", world_, std::move(*bpf));
    if (!skep.ok()) return skep.status();
    skep_ = std::make_unique<Side>(std::move(*skep));
    return {};
  }

  void run(int job, u64 first, double deadline) {
    for (u64 i = first; i < options_.programs && now() < deadline; i += u64(options_.jobs)) {
      tally_.current[job] = i;
      alarm(kHangSeconds);
      one(i);
    }
    alarm(0);
    if (options_.histogram) print_histogram();
  }

  void one(u64 index) {
    bool mutated = false;
    const Program program = generate(options_.seed, index, world_, &mutated);
    if (may_be_known_unsound(program, world_, mutated)) {
      tally_.skipped++;
      return;
    }
    const u32 level = Rng(options_.seed + 77, index).chance(options_.full_log_percent) ? kFullLevel : kStatsLevel;
    Answer skep;
    if (skep_) skep = skep_->load(program, level, log_);
    if (skep.error && skep.counts.insns > kHeavyInsns && !Rng(options_.seed + 99, index).chance(kHeavyPercent)) {
      tally_.heavy++;
      return;
    }
    const Answer live = live_->load(program, level, log_);
    count(program, live);
    if (options_.histogram) histogram_[live.error ? normalised(live.last) : "accepted"]++;
    if (!skep_) return;
    const Difference difference = live.error == ENOSPC ? ask_without_log(program) : compare(live, skep);
    if (difference.kind != Kind::None) report(index, program, difference);
  }

  // Both sides' answers on a case written earlier.
  int replay(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    const auto program = from_text(text.str(), world_);
    if (!program.ok()) {
      fmt::print(stderr, "skep_fuzz_verdict: {}: {}\n", path, program.status().context());
      return 2;
    }
    return show(*program);
  }
  int show(const Program& program) {
    fmt::print("{}", to_text(program, world_));
    const Answer live = live_->load(program, kFullLevel, log_);
    print_answer("live", live);
    if (!skep_) return 0;
    const Answer skep = skep_->load(program, kFullLevel, log_);
    print_answer("skep", skep);
    const Difference difference = full_difference(program, live, skep);
    fmt::print("{}\n  live: {}\n  skep: {}\n", kind_name(difference.kind), difference.live, difference.skep);
    return difference.kind == Kind::None ? 0 : 1;
  }

 private:
  void count(const Program& program, const Answer& live) {
    tally_.programs++;
    tally_.accepted += live.error == 0;
    for (const Cell& cell : program.cells) {
      tally_.cells[cell.transport][cell.sink]++;
      tally_.cells_accepted[cell.transport][cell.sink] += live.error == 0;
    }
  }

  // With a count, what tells differences apart is the first line where the full logs part.
  Difference full_difference(const Program&, const Answer& live, const Answer& skep) const {
    Difference d = compare(live, skep);
    if (d.kind >= Kind::Insns && d.kind <= Kind::OtherCounts) first_difference(live, skep, d);
    return d;
  }
  Difference ask(const Program& program) {
    const Answer live = live_->load(program, kFullLevel, log_);
    if (live.error == ENOSPC) return ask_without_log(program);
    return full_difference(program, live, skep_->load(program, kFullLevel, log_));
  }

  // Of a log that does not fit, what is left begins anywhere.
  Difference ask_without_log(const Program& program) {
    const Answer live = live_->load(program, kStatsLevel, log_);
    return compare(live, skep_->load(program, kStatsLevel, log_));
  }

  void report(u64 index, const Program& program, const Difference& seen) {
    tally_.differences++;
    tally_.kinds[size_t(seen.kind)]++;
    const Difference full = ask(program);
    const std::string group = group_of(full.kind == Kind::None ? seen : full);
    std::ofstream(options_.out + "/differences.tsv", std::ios::app)
        << fmt::format("{:016x}\t{}\t{}\t{}\n", std::hash<std::string>{}(group), options_.seed, index, group);
    const std::string path =
        fmt::format("{}/{}-{:016x}.s", options_.out, kind_name(full.kind), std::hash<std::string>{}(group));
    if (access(path.c_str(), F_OK) == 0) return;
    std::ofstream(path) << "being minimised\n";
    const Program small = minimise(program, [&](const Program& candidate) {
      alarm(kHangSeconds);
      return !may_be_known_unsound(candidate, world_, false) && group_of(ask(candidate)) == group;
    });
    write_case(path, index, group, small);
  }

  void write_case(const std::string& path, u64 index, const std::string& group, const Program& program) {
    std::ofstream file(path);
    file << fmt::format("# {}\n# seed {} program {}: {}\n", group, options_.seed, index, program.note)
         << to_text(program, world_);
    const auto comment = [&file](const char* name, const Answer& a) {
      file << fmt::format("\n## {}: errno {}, insns {}, total_states {}, peak_states {}, max {}, stack {}\n", name,
                          a.error, a.counts.insns, a.counts.total_states, a.counts.peak_states,
                          a.counts.max_states_per_insn, a.stack_depth);
      std::stringstream log(a.log);
      for (std::string line; std::getline(log, line);) file << "# " << line << "\n";
    };
    comment("live", live_->load(program, kFullLevel, log_));
    comment("skep", skep_->load(program, kFullLevel, log_));
  }

  static void print_answer(const char* name, const Answer& a) {
    fmt::print("== {}: errno {}, insns {}, total_states {}, peak_states {}, max_states {}, mark_read {}, stack {}\n{}",
               name, a.error, a.counts.insns, a.counts.total_states, a.counts.peak_states, a.counts.max_states_per_insn,
               a.counts.mark_read, a.stack_depth, a.log);
  }
  void print_histogram() const {
    std::multimap<u64, std::string, std::greater<>> sorted;
    for (const auto& [text, n] : histogram_) sorted.emplace(n, text);
    for (const auto& [n, text] : sorted) fmt::print("{:8} {}\n", n, text);
  }

  const Options& options_;
  const World& world_;
  Tally& tally_;
  std::vector<char> log_;
  std::unique_ptr<Side> live_, skep_;
  std::map<std::string, u64> histogram_;
};

[[noreturn]] void work(const Options& options, const World& world, Tally& tally, int job, u64 first, double deadline) {
  Worker worker(options, world, tally);
  const Status status = worker.open();
  if (!status.ok()) {
    fmt::print(stderr, "skep_fuzz_verdict: {}: {}\n", status.context(), std::strerror(status.error()));
    _exit(2);
  }
  worker.run(job, first, deadline);
  std::fflush(stdout);
  _exit(0);
}

// Why a worker ended, or nothing if it came to its end.
std::string death(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? "" : fmt::format("exit {}", WEXITSTATUS(status));
  return WTERMSIG(status) == SIGALRM ? "hang" : fmt::format("signal {}", WTERMSIG(status));
}

void note_crash(const Options& options, Tally& tally, u64 index, const std::string& how, const World& world) {
  tally.differences++;
  tally.kinds[size_t(Kind::Crash)]++;
  bool mutated = false;
  const Program program = generate(options.seed, index, world, &mutated);
  const std::string path = fmt::format("{}/crash-{}-{}.s", options.out, options.seed, index);
  std::ofstream(path) << fmt::format("# crash: {}\n# seed {} program {}: {}\n", how, options.seed, index, program.note)
                      << to_text(program, world);
  std::ofstream(options.out + "/differences.tsv", std::ios::app)
      << fmt::format("{:016x}\t{}\t{}\tcrash | {}\n", std::hash<std::string>{}(how), options.seed, index, how);
}

int run_workers(const Options& options, const World& world, Tally& tally) {
  const double start = now(), deadline = start + options.seconds;
  std::map<pid_t, int> jobs;
  const auto spawn = [&](int job, u64 first) {
    std::fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) work(options, world, tally, job, first, deadline);
    jobs[pid] = job;
  };
  for (int job = 0; job < options.jobs; job++) spawn(job, options.first + u64(job));
  while (!jobs.empty()) {
    int status = 0;
    const pid_t pid = wait(&status);
    if (pid < 0) break;
    const int job = jobs[pid];
    jobs.erase(pid);
    const std::string how = death(status);
    if (how.empty()) continue;
    if (how == "exit 2") return 2;
    const u64 index = tally.current[job];
    note_crash(options, tally, index, how, world);
    if (now() < deadline) spawn(job, index + u64(options.jobs));
  }
  const double seconds = now() - start;
  const double n = double(std::max<u64>(tally.programs, 1));
  fmt::print(
      "seed {}: {} programs in {:.1f} s ({:.0f}/s), {:.1f} % accepted, {} not loaded (known unsound), "
      "{} at the limits not asked about, {} differences\n",
      options.seed, tally.programs.load(), seconds, n / seconds, 100.0 * double(tally.accepted) / n,
      tally.skipped.load(), tally.heavy.load(), tally.differences.load());
  return tally.differences ? 1 : 0;
}

void print_cells(const Tally& tally) {
  u64 lowest = ~0ull;
  for (size_t t = 0; t < transports().size(); t++)
    for (size_t s = 0; s < sinks().size(); s++) lowest = std::min<u64>(lowest, tally.cells[t][s]);
  fmt::print("cells: {} transports x {} sinks, emptiest has {}\n", transports().size(), sinks().size(), lowest);
  for (size_t t = 0; t < transports().size(); t++) {
    u64 n = 0, ok = 0;
    for (size_t s = 0; s < sinks().size(); s++) n += tally.cells[t][s], ok += tally.cells_accepted[t][s];
    fmt::print("  {:18} {:9} programs, {:3.0f} % accepted\n", transports()[t].name, n,
               100.0 * double(ok) / double(std::max<u64>(n, 1)));
  }
  for (size_t s = 0; s < sinks().size(); s++) {
    u64 n = 0, ok = 0;
    for (size_t t = 0; t < transports().size(); t++) n += tally.cells[t][s], ok += tally.cells_accepted[t][s];
    fmt::print("  -> {:15} {:9} programs, {:3.0f} % accepted\n", sinks()[s].name, n,
               100.0 * double(ok) / double(std::max<u64>(n, 1)));
  }
}

void print_groups(const Options& options) {
  std::ifstream file(options.out + "/differences.tsv");
  std::map<std::string, u64> groups;
  for (std::string line; std::getline(file, line);) {
    std::stringstream fields(line);
    std::string hash, seed, index, group;
    std::getline(fields, hash, '\t'), std::getline(fields, seed, '\t'), std::getline(fields, index, '\t'),
        std::getline(fields, group);
    if (seed == std::to_string(options.seed)) groups[hash + " " + group]++;
  }
  std::multimap<u64, std::string, std::greater<>> sorted;
  for (const auto& [group, n] : groups) sorted.emplace(n, group);
  size_t shown = 0;
  for (const auto& [n, group] : sorted)
    if (shown++ < 40) fmt::print("{:7} {}\n", n, group);
}

bool parse(int argc, char** argv, Options& o) {
  for (int i = 1; i < argc; i++) {
    const std::string name = argv[i];
    if (name == "--live-only") {
      o.live_only = true;
      continue;
    }
    if (name == "--histogram") {
      o.histogram = true;
      continue;
    }
    if (i + 1 >= argc) return false;
    const char* value = argv[++i];
    if (name == "--seconds")
      o.seconds = std::atoi(value);
    else if (name == "--seed")
      o.seed = std::strtoull(value, nullptr, 0);
    else if (name == "--jobs")
      o.jobs = std::atoi(value);
    else if (name == "--programs")
      o.programs = std::strtoull(value, nullptr, 0);
    else if (name == "--first")
      o.first = std::strtoull(value, nullptr, 0);
    else if (name == "--full-log")
      o.full_log_percent = u32(std::atoi(value));
    else if (name == "--out")
      o.out = value;
    else if (name == "--replay")
      o.replay = value;
    else if (name == "--show")
      o.show = value;
    else
      return false;
  }
  return o.jobs >= 1 && o.jobs <= int(kMaxJobs);
}

constexpr const char* kUsage =
    "usage: skep_fuzz_verdict [--seconds N] [--seed S] [--jobs J] [--programs N] [--first I] [--out DIR] [--full-log "
    "PERCENT]\n"
    "                         [--replay CASE | --show INDEX] [--live-only] [--histogram]\n"
    "Loads generated programs into the running kernel (root) and into skep and compares verdict, last line, counts and "
    "logs.\n"
    "A difference is minimised and written to DIR. Exit status: 0 none, 1 some, 2 it could not run.\n";

int cannot_run(const Status& status) {
  fmt::print(stderr, "skep_fuzz_verdict: {}: {}\n", status.context(), std::strerror(status.error()));
  return 2;
}

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
  if (!world.ok()) return cannot_run(world.status());
  Worker worker(options, *world, tally);
  const Status status = worker.open();
  if (!status.ok()) return cannot_run(status);
  if (!options.replay.empty()) return worker.replay(options.replay);
  if (!options.show.empty()) {
    bool mutated = false;
    return worker.show(generate(options.seed, std::strtoull(options.show.c_str(), nullptr, 0), *world, &mutated));
  }
  mkdir(options.out.c_str(), 0777);
  const int result = run_workers(options, *world, tally);
  if (result == 2) return 2;
  print_cells(tally);
  if (!options.live_only) print_groups(options);
  return result;
}

}  // namespace
}  // namespace skep::fuzz

int main(int argc, char** argv) { return skep::fuzz::main(argc, argv); }
