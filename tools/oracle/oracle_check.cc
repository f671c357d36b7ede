// skep_oracle: what `skep check --kernel live` must answer, without any of skep in it. Loads each program of an object
// into the running kernel on its own (the others not loaded, pins off, max_entries 0 raised to 1, a section libbpf does
// not know as socket_filter) and prints the verdicts in the schema of `skep check --format json`. Loads only; never
// attaches.
//
// Differences a reader of the JSON may rely on: a program the verifier did not decide has "verdict":"error" and
// "stage":"kernel" (the load failed before the verifier ran) or "libbpf" (libbpf gave up before the load); an object
// that cannot be opened has no programs but an "errno" of its own.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  int log_level = 4;
  std::optional<bpf_prog_type> type;  // instead of socket_filter, for sections libbpf does not know
  std::string program;                // only this one, when not empty
  std::string log_dir;                // each program's log goes to OBJECT.PROGRAM.log there, when not empty
  bool kernel_format = false;         // print logs instead of JSON
  std::vector<std::string> files;
};

enum class Stage { kVerifier, kKernel, kLibbpf };

struct Outcome {
  std::string name;
  std::string type;
  int error = 0;  // 0 or -errno: of BPF_PROG_LOAD, else of bpf_object__load
  Stage stage = Stage::kLibbpf;
  std::string message;
  long insns_processed = 0;
  long total_states = 0;
  long peak_states = 0;
  long time_us = 0;
};

// Address space only: the kernel touches as many pages as its log has, and programs near the limit of a million
// instructions print several hundred megabytes at level 2. The largest size bpf(2) takes is UINT_MAX >> 2.
constexpr size_t kLogBytes = size_t{1} << 30;
constexpr size_t kLogBytesMax = kLogBytes - 4096;

// "verification time" and "stack depth" (a number for each of 256 subprograms) together are shorter.
constexpr size_t kStatisticsBytesMax = 4096;

// libbpf's calls of syscall() arrive in __wrap_syscall; what it saw and libbpf's last warning have no other way out.
char* watched_log = nullptr;
std::optional<int> load_result;  // 0 or -errno of the last BPF_PROG_LOAD with that log buffer
std::string last_warning;

// The kernel's log of one load, in pages that are given back between programs.
class LogBuffer {
 public:
  LogBuffer() {
    void* pages = mmap(nullptr, kLogBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
      perror("skep_oracle: log buffer");
      exit(2);
    }
    data_ = static_cast<char*>(pages);
  }
  LogBuffer(const LogBuffer&) = delete;
  LogBuffer& operator=(const LogBuffer&) = delete;
  ~LogBuffer() { munmap(data_, kLogBytes); }

  void clear() { madvise(data_, kLogBytes, MADV_DONTNEED); }
  char* data() { return data_; }
  std::string_view text() const { return {data_, strnlen(data_, kLogBytesMax)}; }

 private:
  char* data_;
};

int keep_warning(libbpf_print_level level, const char* format, va_list args) {
  if (level != LIBBPF_WARN) return 0;
  char line[1024];
  int length = vsnprintf(line, sizeof line, format, args);
  last_warning.assign(line, strcspn(line, "\n"));
  return length;
}

// The number after `label` in a line of statistics, or 0.
long number_after(std::string_view text, std::string_view label) {
  size_t at = text.find(label);
  return at == std::string_view::npos ? 0 : strtol(text.data() + at + label.size(), nullptr, 10);
}

// The statistics end a log: "verification time N usec", "stack depth N+M", "processed N insns (limit ...". They are
// looked for from the end, since the lines before may be hundreds of megabytes, and not only at the start of a line: a
// few messages of the kernel's lack their newline.
size_t statistics_begin(std::string_view log) {
  size_t limit = log.rfind(" insns (limit ");
  if (limit == std::string_view::npos) return limit;
  size_t begin = log.rfind("processed ", limit);
  if (begin == std::string_view::npos) return begin;
  size_t timing = log.rfind("verification time ", begin);
  return timing != std::string_view::npos && begin - timing < kStatisticsBytesMax ? timing : begin;
}

std::string last_line(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  size_t newline = log.rfind('\n');
  return std::string(newline == std::string_view::npos ? log : log.substr(newline + 1));
}

void read_log(std::string_view log, Outcome& outcome) {
  size_t begin = statistics_begin(log);
  if (begin == std::string_view::npos) {
    outcome.stage = load_result ? Stage::kKernel : Stage::kLibbpf;
    outcome.message = last_line(log);
    if (outcome.message.empty()) outcome.message = last_warning;
    return;
  }
  outcome.stage = Stage::kVerifier;
  std::string_view statistics = log.substr(begin);
  outcome.message = last_line(log.substr(0, begin));
  outcome.insns_processed = number_after(statistics, "processed ");
  outcome.total_states = number_after(statistics, "total_states ");
  outcome.peak_states = number_after(statistics, "peak_states ");
  outcome.time_us = number_after(statistics, "verification time ");
}

bool has_size_by_itself(bpf_map_type type) {
  switch (type) {
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_CGROUP_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE:
    case BPF_MAP_TYPE_STRUCT_OPS: return true;
    default: return false;
  }
}

struct CloseObject {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, CloseObject>;

Object open_object(const std::string& file, int& error) {
  Object object(bpf_object__open_file(file.c_str(), nullptr));
  error = object ? 0 : -errno;
  return object;
}

void prepare_maps(bpf_object* object) {
  bpf_map* map = nullptr;
  while ((map = bpf_object__next_map(object, map)) != nullptr) {
    bpf_map__set_pin_path(map, nullptr);
    if (bpf_map__max_entries(map) == 0 && !has_size_by_itself(bpf_map__type(map))) bpf_map__set_max_entries(map, 1);
  }
}

// Leaves only the `index`-th program to be loaded, and returns it.
bpf_program* select_program(bpf_object* object, int index) {
  bpf_program* program = nullptr;
  bpf_program* selected = nullptr;
  for (int i = 0; (program = bpf_object__next_program(object, program)) != nullptr; ++i) {
    bpf_program__set_autoload(program, i == index);
    if (i == index) selected = program;
  }
  return selected;
}

Outcome load_program(const Options& options, bpf_object* object, int index, LogBuffer& log) {
  Outcome outcome;
  prepare_maps(object);
  bpf_program* program = select_program(object, index);
  outcome.name = bpf_program__name(program);
  if (bpf_program__type(program) == BPF_PROG_TYPE_UNSPEC) {
    bpf_program__set_type(program, options.type.value_or(BPF_PROG_TYPE_SOCKET_FILTER));
  }
  const char* type = libbpf_bpf_prog_type_str(bpf_program__type(program));
  outcome.type = type != nullptr ? type : "unknown";
  log.clear();
  bpf_program__set_log_buf(program, log.data(), kLogBytesMax);
  bpf_program__set_log_level(program, static_cast<__u32>(options.log_level));
  watched_log = log.data();
  load_result.reset();
  last_warning.clear();
  int error = bpf_object__load(object);
  // The load's own answer: libbpf may still fail after it, when it fills a prog array with programs that were not to be
  // loaded.
  outcome.error = load_result.value_or(error);
  read_log(log.text(), outcome);
  return outcome;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  return out += '"';
}

const char* verdict_name(const Outcome& outcome) {
  if (outcome.stage != Stage::kVerifier) return "error";
  return outcome.error == 0 ? "accepted" : "rejected";
}

void print_program(const Outcome& outcome, bool first) {
  printf("%s\n  {\"name\":%s,\"type\":%s,\"verdict\":\"%s\",\"errno\":%d,\"message\":%s", first ? "" : ",",
         json_string(outcome.name).c_str(), json_string(outcome.type).c_str(), verdict_name(outcome), outcome.error,
         json_string(outcome.message).c_str());
  if (outcome.stage != Stage::kVerifier) {
    printf(",\"stage\":\"%s\"", outcome.stage == Stage::kKernel ? "kernel" : "libbpf");
  }
  printf(",\"insns_processed\":%ld,\"total_states\":%ld,\"peak_states\":%ld,\"time_us\":%ld}", outcome.insns_processed,
         outcome.total_states, outcome.peak_states, outcome.time_us);
}

std::string base_name(const std::string& file) { return file.substr(file.rfind('/') + 1); }

bool write_log(const Options& options, const std::string& file, const Outcome& outcome, std::string_view text) {
  std::string path = options.log_dir + "/" + base_name(file) + "." + outcome.name + ".log";
  FILE* out = fopen(path.c_str(), "w");
  bool written = out != nullptr && fwrite(text.data(), 1, text.size(), out) == text.size();
  if (out != nullptr && fclose(out) != 0) written = false;
  if (!written) fprintf(stderr, "skep_oracle: %s: %s\n", path.c_str(), strerror(errno));
  return written;
}

std::vector<std::string> program_names(bpf_object* object) {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  while ((program = bpf_object__next_program(object, program)) != nullptr)
    names.emplace_back(bpf_program__name(program));
  return names;
}

// Returns what the exit status must be at least: 0, 1 (a rejection) or 2 (not decided, or our own trouble).
int check_file(const Options& options, const std::string& file, bool first, LogBuffer& log) {
  bool json = !options.kernel_format;
  int error = 0;
  Object object = open_object(file, error);
  if (json) printf("%s\n {\"file\":%s,", first ? "" : ",", json_string(file).c_str());
  if (!object) {
    if (json) printf("\"errno\":%d,\"message\":%s,\"programs\":[]}", error, json_string(last_warning).c_str());
    return 2;
  }
  if (json) printf("\"programs\":[");
  int status = 0;
  bool first_program = true;
  std::vector<std::string> names = program_names(object.get());
  for (size_t i = 0; i < names.size(); ++i) {
    if (!options.program.empty() && names[i] != options.program) continue;
    if (!object) object = open_object(file, error);  // a loaded object cannot be loaded again
    if (!object) return 2;
    Outcome outcome = load_program(options, object.get(), static_cast<int>(i), log);
    object.reset();
    if (json) print_program(outcome, first_program);
    if (!json) fwrite(log.data(), 1, log.text().size(), stdout);
    if (!options.log_dir.empty() && !write_log(options, file, outcome, log.text())) status = 2;
    if (outcome.error != 0) status = std::max(status, outcome.stage == Stage::kVerifier ? 1 : 2);
    first_program = false;
  }
  if (json) printf("]}");
  return status;
}

std::optional<bpf_prog_type> type_named(std::string_view name) {
  for (int type = 1; const char* known = libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(type)); ++type) {
    if (name == known) return static_cast<bpf_prog_type>(type);
  }
  return std::nullopt;
}

[[noreturn]] void usage(const char* why, const char* what) {
  fprintf(
      stderr,
      "skep_oracle: %s%s\n"
      "usage: skep_oracle [check] [--format json|kernel] [--log-level N] [--prog NAME] [--type TYPE] [--log-dir DIR] "
      "FILE...\n"
      "Asks the running kernel (needs CAP_BPF). --kernel live is accepted and changes nothing.\n",
      why, what);
  exit(2);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string_view arg = argv[i];
    if (i == 1 && arg == "check") continue;
    if (!arg.starts_with("--")) {
      options.files.emplace_back(arg);
      continue;
    }
    if (i + 1 == argc) usage("a value is missing after ", argv[i]);
    std::string_view value = argv[++i];
    if (arg == "--log-level") {
      options.log_level = atoi(argv[i]);
    } else if (arg == "--prog") {
      options.program = value;
    } else if (arg == "--log-dir") {
      options.log_dir = value;
    } else if (arg == "--type") {
      options.type = type_named(value);
      if (!options.type) usage("no program type is called ", argv[i]);
    } else if (arg == "--format" && (value == "json" || value == "kernel")) {
      options.kernel_format = value == "kernel";
    } else if (arg != "--kernel" || value != "live") {
      usage("unknown argument ", argv[i - 1]);
    }
  }
  if (options.files.empty()) usage("no file", "");
  return options;
}

}  // namespace

extern "C" {

long __real_syscall(long number, long, long, long, long, long, long);

// libbpf probes the kernel with loads of its own; the one that counts has our log buffer. Every caller in libbpf passes
// at most five arguments; reading six is what syscall() itself does.
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f) {
  long result = __real_syscall(number, a, b, c, d, e, f);
  if (number == SYS_bpf && a == BPF_PROG_LOAD) {
    const bpf_attr* attr = reinterpret_cast<const bpf_attr*>(b);
    if (attr->log_buf == reinterpret_cast<__u64>(watched_log)) load_result = result < 0 ? -errno : 0;
  }
  return result;
}
}

int main(int argc, char** argv) {
  Options options = parse_options(argc, argv);
  libbpf_set_print(keep_warning);
  LogBuffer log;
  bool json = !options.kernel_format;
  if (json) printf("{\"kernel\":\"live\",\"files\":[");
  int status = 0;
  for (size_t i = 0; i < options.files.size(); ++i) {
    status = std::max(status, check_file(options, options.files[i], i == 0, log));
    fflush(stdout);
  }
  if (json) printf("]}\n");
  return status;
}
