// How fast skep verifies, against the running kernel: the same objects, through the same libbpf calls, one after the
// other in the same process, several times; the log holds nothing but statistics (level 4). Compared is the verifier's
// own "verification time" line of both sides, by the median per program.
//
//   verify_bench [--rounds N] [--every N] [--slowest N] [--csv FILE] [FILE.bpf.o | FILE.bpf.c | DIRECTORY...]
//
// --every N takes each N-th program only. Without files: the kernel's selftests as tools/parity/build_selftests.sh
// leaves them, and examples/. Where bpf(2) is absent only skep's own times are shown.
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "object/backend.h"
#include "object/compile.h"
#include "object/loader.h"

namespace skep {
namespace {

namespace fs = std::filesystem;

struct BenchOptions {
  int rounds = 3;
  size_t every = 1;
  size_t slowest = 25;
  std::string csv;
  std::vector<std::string> files;
};

struct Row {
  std::string object, program;
  u64 insns = 0;
  u64 memory_kb = 0;                 // peak of the process while skep verified it, above what was there before
  double skep_us = 0, linux_us = 0;  // medians
  bool both = false;                 // both decided, and alike
  double ratio() const { return linux_us / skep_us; }
};

// --- memory -------------------------------------------------------------------------------------------------------

u64 status_kb(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::strtoull(line.c_str() + std::strlen(field), nullptr, 10);
  return 0;
}

// VmHWM starts anew from what is resident now.
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

const object::CheckOptions kCheck{.log_level = 4};  // statistics only

// --- measuring ----------------------------------------------------------------------------------------------------

// Times are whole microseconds, cut off; the middle of that interval is the best guess.
double microseconds(const object::ProgramResult& result) { return double(result.time_us) + 0.5; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

class Bench {
 public:
  Bench(const BenchOptions& options, std::shared_ptr<const object::Backend> skep,
        std::shared_ptr<const object::Backend> linux)
      : options_(options), skep_(std::move(skep)), linux_(std::move(linux)) {}

  void add_object(const object::ObjectFile& object);
  const std::vector<Row>& rows() const { return rows_; }

 private:
  bool measure_memory(const object::ObjectFile& object, size_t index, Row& row);
  bool measure_time(const object::ObjectFile& object, size_t index, Row& row);

  const BenchOptions& options_;
  std::shared_ptr<const object::Backend> skep_, linux_;  // linux_: null where bpf(2) is absent
  object::LogBuffer buffer_;
  std::vector<Row> rows_;
  size_t seen_ = 0;  // programs
};

bool decided(const object::ProgramResult& result) { return result.stage == object::Stage::Verifier; }

// A first load, not timed, which says how much memory skep needs: looking that up would cool the caches between the
// sides. False: skep did not come to a verdict.
bool Bench::measure_memory(const object::ObjectFile& object, size_t index, Row& row) {
  reset_peak();
  u64 before = status_kb("VmHWM:");
  auto result = object::check_program(object, index, *skep_, kCheck, buffer_);
  row.memory_kb = status_kb("VmHWM:") - before;
  row.program = result.name;
  row.insns = result.insns_processed;
  return decided(result);
}

// The sides take turns, so that whatever else the machine does meets both. False: nothing to compare.
bool Bench::measure_time(const object::ObjectFile& object, size_t index, Row& row) {
  std::vector<double> ours, theirs;
  for (int round = 0; round < options_.rounds; round++) {
    if (linux_) {
      auto result = object::check_program(object, index, *linux_, kCheck, buffer_);
      if (!decided(result)) return false;
      theirs.push_back(microseconds(result));
      row.both = result.insns_processed == row.insns;
    }
    auto result = object::check_program(object, index, *skep_, kCheck, buffer_);
    ours.push_back(microseconds(result));
  }
  row.skep_us = median(ours);
  row.linux_us = theirs.empty() ? 0 : median(theirs);
  return true;
}

void Bench::add_object(const object::ObjectFile& object) {
  auto names = object::list_programs(object, *skep_);
  if (!names.ok()) return;
  for (size_t i = 0; i < names->size(); i++) {
    if (seen_++ % options_.every != 0) continue;
    Row row;
    row.object = fs::path(object.label).filename();
    if (measure_memory(object, i, row) && measure_time(object, i, row)) rows_.push_back(std::move(row));
  }
}

// --- reporting ----------------------------------------------------------------------------------------------------

void print_row(const Row& row) {
  std::string name = row.object + "/" + row.program;
  if (row.linux_us) {
    fmt::print("{:<66} {:>8} {:>11.1f} {:>11.1f} {:>7.2f}x {:>8}\n", name, row.insns, row.linux_us, row.skep_us,
               row.ratio(), row.memory_kb);
  } else {
    fmt::print("{:<66} {:>8} {:>11} {:>11.1f} {:>8} {:>8}\n", name, row.insns, "-", row.skep_us, "-", row.memory_kb);
  }
}

void print_group(const char* title, const std::vector<const Row*>& rows) {
  double logs = 0, ours = 0, theirs = 0, least = INFINITY;
  for (const Row* row : rows) {
    logs += std::log(row->ratio());
    ours += row->skep_us;
    theirs += row->linux_us;
    least = std::min(least, row->ratio());
  }
  if (rows.empty()) return;
  fmt::print(
      "{:<36} {:>5} programs  Linux {:>10.1f} ms  skep {:>10.1f} ms  total {:>6.2f}x  geometric mean {:>6.2f}x  least "
      "{:.2f}x\n",
      title, rows.size(), theirs / 1000, ours / 1000, theirs / ours, std::exp(logs / double(rows.size())), least);
}

void print_summary(const std::vector<Row>& rows) {
  struct Group {
    const char* title;
    u64 from, below;
  };
  constexpr Group kGroups[] = {{"all", 0, ~u64{0}},
                               {"up to 100 insns processed", 0, 101},
                               {"101 to 1,000", 101, 1001},
                               {"1,001 to 10,000", 1001, 10001},
                               {"10,001 to 100,000", 10001, 100001},
                               {"more than 100,000", 100001, ~u64{0}}};
  for (const Group& group : kGroups) {
    std::vector<const Row*> some;
    for (const Row& row : rows)
      if (row.both && row.linux_us && row.insns >= group.from && row.insns < group.below) some.push_back(&row);
    print_group(group.title, some);
  }
  size_t unlike =
      size_t(std::count_if(rows.begin(), rows.end(), [](const Row& row) { return row.linux_us && !row.both; }));
  if (unlike) fmt::print("left out: {} programs of which the two counted different instructions\n", unlike);
  if (rows.empty() || rows[0].linux_us == 0) fmt::print("bpf(2) is not there: only skep's times\n");
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak memory of this process: {:.1f} MB\n", double(usage.ru_maxrss) / 1024);
}

void print_slowest(const std::vector<Row>& rows, size_t count) {
  std::vector<const Row*> order;
  for (const Row& row : rows) order.push_back(&row);
  std::sort(order.begin(), order.end(), [](const Row* a, const Row* b) { return a->skep_us > b->skep_us; });
  fmt::print("{:<66} {:>8} {:>11} {:>11} {:>8} {:>8}\n", "the slowest", "insns", "Linux us", "skep us", "ratio", "kB");
  for (size_t i = 0; i < std::min(count, order.size()); i++) print_row(*order[i]);
}

void write_csv(const std::vector<Row>& rows, const std::string& path) {
  std::ofstream out(path);
  out << "object,program,insns,linux_us,skep_us,memory_kb,same\n";
  for (const Row& row : rows)
    out << fmt::format("{},{},{},{},{},{},{}\n", row.object, row.program, row.insns, row.linux_us, row.skep_us,
                       row.memory_kb, row.both);
}

// --- what is measured ---------------------------------------------------------------------------------------------

std::vector<object::ObjectFile> objects_of(const std::string& path, const object::Backend& backend) {
  if (path.ends_with(".c")) {
    auto compiled = object::compile_bpf(path, {.btf_file = backend.btf_file()});
    if (!compiled.ok() || compiled->object.empty()) return {};
    return {object::object_from_bytes(path, std::move(compiled->object))};
  }
  auto objects = object::read_objects(path);
  return objects.ok() ? std::move(*objects) : std::vector<object::ObjectFile>();
}

std::vector<std::string> expand(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  for (const std::string& path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    size_t first = files.size();
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().string();
      if (name.ends_with(".bpf.o") || name.ends_with(".bpf.c")) files.push_back(name);
    }
    std::sort(files.begin() + std::ptrdiff_t(first), files.end());
  }
  return files;
}

std::vector<std::string> default_files() {
  std::vector<std::string> folders;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::string base = cache ? cache : home ? std::string(home) + "/.cache" : std::string();
  for (const std::string& folder : {base + "/skep/selftests", std::string("examples")})
    if (fs::is_directory(folder)) folders.push_back(folder);
  return folders;
}

BenchOptions parse(int argc, char** argv) {
  BenchOptions options;
  for (int i = 1; i < argc; i++) {
    std::string_view arg = argv[i];
    bool has_value = i + 1 < argc;
    if (arg == "--rounds" && has_value)
      options.rounds = std::max(1, std::atoi(argv[++i]));
    else if (arg == "--every" && has_value)
      options.every = size_t(std::max(1, std::atoi(argv[++i])));
    else if (arg == "--slowest" && has_value)
      options.slowest = size_t(std::atoi(argv[++i]));
    else if (arg == "--csv" && has_value)
      options.csv = argv[++i];
    else if (!arg.starts_with("--"))
      options.files.emplace_back(arg);
  }
  if (options.files.empty()) options.files = default_files();
  return options;
}

// The running kernel, or null where it does not let us ask.
std::shared_ptr<const object::Backend> open_linux() {
  alignas(8) u8 attr[128] = {};
  long refused = object::running_kernel(5 /* BPF_PROG_LOAD of nothing */, attr, sizeof attr);
  if (refused == -EPERM || refused == -ENOSYS) return nullptr;
  auto live = object::Backend::open({.live = true});
  return live.ok() ? *live : nullptr;
}

int run(const BenchOptions& options) {
  auto linux = open_linux();
  auto skep = object::Backend::open({.btf = linux ? "host" : ""});
  if (!skep.ok()) {
    fmt::print("verify_bench: {}\n", skep.status().context());
    return 1;
  }
  Bench bench(options, *skep, linux);
  for (const std::string& path : expand(options.files))
    for (const object::ObjectFile& object : objects_of(path, **skep)) bench.add_object(object);
  print_slowest(bench.rows(), options.slowest);
  print_summary(bench.rows());
  if (!options.csv.empty()) write_csv(bench.rows(), options.csv);
  return 0;
}

}  // namespace
}  // namespace skep

int main(int argc, char** argv) { return skep::run(skep::parse(argc, argv)); }
