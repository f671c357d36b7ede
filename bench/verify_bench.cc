// How fast skep verifies, against the running kernel: the same objects, through the same libbpf calls, one after the
// other in the same process, several times; the log holds nothing but statistics (level 4). Compared is the verifier's
// own "verification time" line of both sides, by the median per program.
//
//   verify_bench [--quick] [--rounds N] [--every N] [--slowest N] [--csv FILE] [FILE.bpf.o | FILE.bpf.c | DIRECTORY...]
//
// --every N takes each N-th program only; --quick is `--rounds 1 --every 8`; --slowest 0 prints every program. Without
// files: the kernel's selftests as tools/parity/build_selftests.sh leaves them, examples/, and the made programs of
// bench/shapes.h. Where bpf(2) is absent only skep's own times are shown.
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/raw_side.h"
#include "bench/shapes.h"
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
  bool shapes = false;
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

// --- measuring ----------------------------------------------------------------------------------------------------

const object::CheckOptions kCheck{.log_level = 4};  // statistics only

// What one load of a program says.
struct Answer {
  bool decided = false;  // the verifier came to a verdict
  std::string program;
  u64 insns = 0;
  double us = 0;
};
using Load = std::function<Answer()>;

// Times are whole microseconds, cut off; the middle of that interval is the best guess.
double microseconds(u64 whole) { return double(whole) + 0.5; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

// The sides of a race; `linux` and `linux_raw` are null where bpf(2) is absent.
struct Sides {
  std::shared_ptr<const object::Backend> skep, linux;
  std::unique_ptr<bench::RawSide> skep_raw, linux_raw;
};

class Bench {
 public:
  Bench(const BenchOptions& options, Sides sides) : options_(options), sides_(std::move(sides)) {}

  void add_object(const object::ObjectFile& object);
  void add_shape(const bench::Shape& shape);
  const std::vector<Row>& rows() const { return rows_; }

 private:
  void race(const std::string& object, const Load& ours, const Load& theirs);
  static bool measure_memory(const Load& ours, Row& row);
  bool measure_time(const Load& ours, const Load& theirs, Row& row) const;

  const BenchOptions& options_;
  Sides sides_;
  object::LogBuffer buffer_;
  std::vector<Row> rows_;
  size_t seen_ = 0;  // programs
};

// A first load, not timed, which says how much memory skep needs: looking that up would cool the caches between the
// sides. False: skep did not come to a verdict.
bool Bench::measure_memory(const Load& ours, Row& row) {
  malloc_trim(0);
  reset_peak();
  u64 before = status_kb("VmHWM:");
  Answer answer = ours();
  row.memory_kb = status_kb("VmHWM:") - before;
  row.program = answer.program;
  row.insns = answer.insns;
  return answer.decided;
}

// The sides take turns, so that whatever else the machine does meets both. False: nothing to compare.
bool Bench::measure_time(const Load& ours, const Load& theirs, Row& row) const {
  std::vector<double> our_times, their_times;
  for (int round = 0; round < options_.rounds; round++) {
    if (theirs) {
      Answer answer = theirs();
      if (!answer.decided) return false;
      their_times.push_back(answer.us);
      row.both = answer.insns == row.insns;
    }
    our_times.push_back(ours().us);
  }
  row.skep_us = median(our_times);
  row.linux_us = their_times.empty() ? 0 : median(their_times);
  return true;
}

// `theirs` may be empty.
void Bench::race(const std::string& object, const Load& ours, const Load& theirs) {
  Row row;
  row.object = object;
  if (measure_memory(ours, row) && measure_time(ours, theirs, row)) rows_.push_back(std::move(row));
}

void Bench::add_object(const object::ObjectFile& object) {
  auto names = object::list_programs(object, *sides_.skep);
  if (!names.ok()) return;
  for (size_t i = 0; i < names->size(); i++) {
    if (seen_++ % options_.every != 0) continue;
    auto load = [&, i](const object::Backend& side) {
      auto result = object::check_program(object, i, side, kCheck, buffer_);
      return Answer{result.stage == object::Stage::Verifier, result.name, result.insns_processed,
                    microseconds(result.time_us)};
    };
    Load theirs;
    if (sides_.linux) theirs = [&] { return load(*sides_.linux); };
    race(
        fs::path(object.label).filename(), [&] { return load(*sides_.skep); }, theirs);
  }
}

void Bench::add_shape(const bench::Shape& shape) {
  auto load_on = [&shape](bench::RawSide& side) -> Load {
    auto image = side.image(shape);
    if (!image) return {};
    return [&, image = std::move(*image)] {
      bench::Loaded loaded = side.load(image);
      return Answer{loaded.decided, shape.name, loaded.insns, microseconds(loaded.time_us)};
    };
  };
  Load ours = load_on(*sides_.skep_raw);
  if (ours) race("made", ours, sides_.linux_raw ? load_on(*sides_.linux_raw) : Load{});
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
                               {"more than 1,000 insns processed", 1001, ~u64{0}},
                               {"up to 100", 0, 101},
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
  if (!count) count = order.size();
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
    if (arg == "--quick")
      options.rounds = 1, options.every = 8;
    else if (arg == "--rounds" && has_value)
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
  if (!options.files.empty()) return options;
  options.files = default_files();
  options.shapes = true;
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

int run(BenchOptions options) {
  auto linux = open_linux();
  auto skep = object::Backend::open({.btf = linux ? "host" : ""});
  if (!skep.ok()) {
    fmt::print("verify_bench: {}\n", skep.status().context());
    return 1;
  }
  Sides sides{*skep, linux, bench::RawSide::ours((*skep)->btf_file()), linux ? bench::RawSide::running() : nullptr};
  if (!sides.skep_raw) options.shapes = false;
  Bench bench(options, std::move(sides));
  for (const std::string& path : expand(options.files))
    for (const object::ObjectFile& object : objects_of(path, **skep)) bench.add_object(object);
  if (options.shapes)
    for (const bench::Shape& shape : bench::race_shapes()) bench.add_shape(shape);
  print_slowest(bench.rows(), options.slowest);
  print_summary(bench.rows());
  if (!options.csv.empty()) write_csv(bench.rows(), options.csv);
  return 0;
}

}  // namespace
}  // namespace skep

int main(int argc, char** argv) { return skep::run(skep::parse(argc, argv)); }
