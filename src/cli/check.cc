// `skep check`: every program of every object, on its own, and what the kernel would say.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>

#include "cli/advice.h"
#include "cli/fix.h"
#include "cli/formats.h"
#include "cli/pool.h"
#include "cli/results.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "object/compile.h"
#include "target/profile.h"
#include "witness/search.h"

namespace skep::cli {
namespace {

namespace fs = std::filesystem;

struct CheckArgs {
  std::vector<std::string> files;
  std::vector<std::string> kernels = {"6.18"};
  std::vector<std::string> without;
  std::string program, type, log_dir, format = "text", btf, colour = "auto";
  bool verbose = false, witness = false, fix = false, profile = false;
  u32 witness_ms = 2000;
  u32 log_level = 4;
  unsigned jobs = 0;  // 0: one per CPU
  object::CompileOptions compile;
};

// One object on its way: the tasks of its programs fill the places of its result.
struct Job {
  object::ObjectFile object;
  size_t first = 0, slot = 0;
};

bool has_suffix(const std::string& path, std::string_view suffix) { return std::string_view(path).ends_with(suffix); }

// Files as they are; of directories, everything below that looks like a BPF object.
std::vector<std::string> expand(const std::vector<std::string>& given, bool& trouble) {
  std::vector<std::string> files;
  for (const std::string& path : given) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().string();
      if (at->is_regular_file(error) && (has_suffix(name, ".bpf.o") || has_suffix(name, ".bpf.c")))
        found.push_back(name);
    }
    if (error) complain(path, error.message());
    if (found.empty()) complain(path, "no *.bpf.o and no *.bpf.c below it", "name the files");
    trouble |= bool(error) || found.empty();
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

class Checker {
 public:
  Checker(const CheckArgs& args, std::shared_ptr<const object::Backend> backend, Advice advice)
      : args_(args),
        backend_(std::move(backend)),
        advice_(std::move(advice)),
        progress_("checking"),
        style_{terminal_width(), wants_colour(args.colour), args.verbose, fs::current_path().string() + "/"} {}

  int run(const std::vector<std::string>& files);
  KernelResults take_results() { return {backend_->kernel_name(), std::move(done_)}; }

 private:
  void start_file(size_t file);
  void start_object(size_t file, object::ObjectFile object);
  std::vector<object::ObjectFile> objects_of(const std::string& path, FileResult& failure);
  std::vector<object::ObjectFile> compile(const std::string& path, FileResult& failure);
  void finish_program(size_t file);
  void flush();
  void print_result(const FileResult& result);
  void write_log(const FileResult& result, const object::ProgramResult& program);

  struct File {
    std::deque<FileResult> results;  // of its objects, in order
    size_t pending = 1;              // tasks not finished
  };

  const CheckArgs& args_;
  std::shared_ptr<const object::Backend> backend_;
  const Advice advice_;
  Pool pool_;
  std::mutex mutex_;  // of everything below
  std::vector<File> files_;
  std::vector<FileResult> done_;
  size_t flushed_ = 0, programs_done_ = 0, programs_ = 0;
  bool log_trouble_ = false, program_found_ = false;
  Progress progress_;
  diag::TextStyle style_;
};

int Checker::run(const std::vector<std::string>& files) {
  files_.resize(files.size());
  for (size_t i = files.size(); i-- > 0;) {  // the pool takes the last one first
    files_[i].results.push_back({.file = files[i]});
    pool_.add([this, i](object::LogBuffer&) { start_file(i); });
  }
  pool_.run(args_.jobs ? args_.jobs : std::max(1u, std::thread::hardware_concurrency()));
  progress_.clear();
  if (args_.format == "json") print(as_json(done_, backend_->kernel_name()));
  if (args_.format == "sarif") print(as_sarif(done_, backend_->kernel_name(), style_.folder));
  if (args_.format == "junit") print(as_junit(done_, backend_->kernel_name()));
  std::fflush(stdout);
  int status = exit_status(done_);
  if (!args_.program.empty() && !program_found_ && status == kOk) {
    complain(args_.program, "no program of this name in any file", "skep check without --prog lists them");
    status = kTrouble;
  }
  return log_trouble_ ? kTrouble : status;
}

std::vector<object::ObjectFile> Checker::compile(const std::string& path, FileResult& failure) {
  object::CompileOptions options = args_.compile;
  options.btf_file = backend_->btf_file();
  options.colour = is_terminal(STDERR_FILENO);
  auto compiled = object::compile_bpf(path, options);
  if (!compiled.ok()) {
    failure.error = compiled.error();
    failure.message = compiled.status().context();
    return {};
  }
  if (!compiled->diagnostics.empty()) print_error(compiled->diagnostics);
  if (compiled->object.empty()) {
    failure.error = EINVAL;
    failure.message = "clang found errors";
    return {};
  }
  return {object::object_from_bytes(path, std::move(compiled->object))};
}

std::vector<object::ObjectFile> Checker::objects_of(const std::string& path, FileResult& failure) {
  if (has_suffix(path, ".c")) {
    if (access(path.c_str(), R_OK) == 0) return compile(path, failure);
    failure.error = errno;
    failure.message = std::strerror(errno);
    return {};
  }
  auto objects = object::read_objects(path);
  if (objects.ok()) return std::move(*objects);
  failure.error = objects.error();
  failure.message = objects.status().context();
  return {};
}

void Checker::start_file(size_t file) {
  const std::string path = files_[file].results[0].file;
  FileResult failure{.file = path};
  std::vector<object::ObjectFile> objects = objects_of(path, failure);
  {
    std::lock_guard lock(mutex_);
    files_[file].results.clear();
    if (objects.empty()) files_[file].results.push_back(std::move(failure));
  }
  for (object::ObjectFile& object : objects) start_object(file, std::move(object));
  finish_program(file);
}

void Checker::start_object(size_t file, object::ObjectFile object) {
  auto shared = std::make_shared<const object::ObjectFile>(std::move(object));
  auto names = object::list_programs(*shared, *backend_);
  FileResult opened{.file = shared->label};
  if (!names.ok()) {
    opened.error = names.error();
    opened.message = names.status().context();
    advice_.add(opened);
  }
  std::lock_guard lock(mutex_);
  FileResult& result = files_[file].results.emplace_back(std::move(opened));
  if (!names.ok()) return;
  std::vector<size_t> chosen;
  for (size_t i = 0; i < names->size(); ++i) {
    if (args_.program.empty() || (*names)[i] == args_.program) chosen.push_back(i);
  }
  program_found_ |= !chosen.empty();
  result.programs.resize(chosen.size());
  programs_ += chosen.size();
  files_[file].pending += chosen.size();
  for (size_t slot = chosen.size(); slot-- > 0;) {
    object::ProgramResult* place = &result.programs[slot];
    pool_.add([this, file, shared, index = chosen[slot], place](object::LogBuffer& buffer) {
      const object::CheckOptions options{.log_level = args_.log_level ? args_.log_level : 4, .type = args_.type};
      *place = object::check_program(*shared, index, *backend_, options, buffer);
      if (!place->accepted()) advice_.add(*shared, index, options, buffer, *place);
      finish_program(file);
    });
  }
}

void Checker::finish_program(size_t file) {
  std::lock_guard lock(mutex_);
  --files_[file].pending;
  ++programs_done_;
  flush();
  progress_.update(programs_done_, programs_ + files_.size());
}

// Prints what is complete, in the order of the command line.
void Checker::flush() {
  for (; flushed_ < files_.size() && files_[flushed_].pending == 0; ++flushed_) {
    for (FileResult& result : files_[flushed_].results) {
      progress_.clear();
      print_result(result);
      for (object::ProgramResult& program : result.programs) {
        if (!args_.log_dir.empty()) write_log(result, program);
        program.log.clear();
        program.log.shrink_to_fit();
      }
      done_.push_back(std::move(result));
    }
    files_[flushed_].results.clear();
  }
}

void Checker::print_result(const FileResult& result) {
  if (result.error) complain(result.file, result.message);
  const bool several = args_.kernels.size() > 1;
  if (args_.format == "text" && !several) print(as_text(result, style_));
  if (args_.format == "github") print(as_github(result, style_.folder));
  if (args_.format == "kernel") print(as_kernel_log(result));
  if (args_.format == "csv") print(as_csv(result, several ? backend_->kernel_name() : std::string()));
  std::fflush(stdout);
}

void Checker::write_log(const FileResult& result, const object::ProgramResult& program) {
  const std::string base = result.file.substr(result.file.rfind('/') + 1);
  const std::string kernel = args_.kernels.size() > 1 ? backend_->kernel_name() + "." : std::string();
  const std::string path = fmt::format("{}/{}.{}.{}log", args_.log_dir, base, program.name, kernel);
  std::ofstream out(path, std::ios::binary);
  out << program.log;
  if (out.flush()) return;
  complain(path, std::strerror(errno));
  log_trouble_ = true;
}

// The running kernel answers only those it trusts.
bool may_ask_running_kernel() {
  union {
    u8 bytes[128];
    u64 align;
  } attr = {};
  const long result =
      object::running_kernel(5 /* BPF_PROG_LOAD of nothing: E2BIG if we may */, attr.bytes, sizeof(attr.bytes));
  return result != -EPERM && result != -ENOSYS;
}

// All capabilities but those named.
object::LoaderCaps caps_without(const std::vector<std::string>& names) {
  auto has = [&](std::string_view name) { return std::find(names.begin(), names.end(), name) == names.end(); };
  return {.bpf = has("bpf"), .perfmon = has("perfmon"), .net_admin = has("net_admin")};
}

bool explains(const CheckArgs& args) {
  const bool explained = args.format != "kernel" && args.format != "csv";
  return explained && (args.format != "text" || args.kernels.size() == 1);
}

object::BackendOptions options_of(const CheckArgs& args, const std::string& kernel) {
  object::BackendOptions options{.live = kernel == "live",
                                 .btf = args.btf,
                                 .explain = explains(args),
                                 .profile = args.profile,
                                 .caps = caps_without(args.without)};
  if (!options.live) options.version = kernel;
  return options;
}

// The kernels asked for, or null and a complaint.
std::shared_ptr<const object::Backend> open_kernel(const CheckArgs& args, const std::string& kernel) {
  const bool live = kernel == "live";
  if (live && !may_ask_running_kernel()) {
    complain("--kernel live", "the running kernel refuses bpf(2)",
             "become root, or give skep CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
    return nullptr;
  }
  if (live && !args.without.empty()) {
    complain("--without", "the running kernel looks at the capabilities that you have",
             "run skep with capsh or setpriv");
    return nullptr;
  }
  object::BackendOptions options = options_of(args, kernel);
  if (args.witness) options.witness = std::make_shared<witness::Search>(args.witness_ms);
  auto backend = object::Backend::open(options);
  if (backend.ok()) return *backend;
  complain("the kernel's types", backend.status().context(), "name a BTF file with --btf");
  return nullptr;
}

// What is tried for those that are rejected: without witnesses and profiles of what is tried, and with each of the
// capabilities that are missing.
Advice advice_of(const CheckArgs& args, const std::string& kernel) {
  Advice advice;
  if (!explains(args) || kernel == "live") return advice;
  advice.compile = args.compile;
  object::BackendOptions options = options_of(args, kernel);
  options.profile = false;
  if (auto backend = object::Backend::open(options); backend.ok()) advice.backend = *backend;
  for (const std::string& capability : args.without) {
    std::vector<std::string> others = args.without;
    std::erase(others, capability);
    options.caps = caps_without(others);
    if (auto backend = object::Backend::open(options); backend.ok()) advice.with.emplace_back(capability, *backend);
  }
  return advice;
}

// Patches instead of verdicts.
int fix(const CheckArgs& args, const std::vector<std::string>& files, std::shared_ptr<const object::Backend> backend) {
  int status = kOk;
  for (const std::string& file : files) {
    const object::CheckOptions options{.log_level = args.log_level ? args.log_level : 4, .type = args.type};
    const std::string source = has_suffix(file, ".c") ? file : source_of_object(file, args.compile, backend, options);
    const int answer = source.empty() ? kTrouble : fix_source(source, args.program, args.compile, backend, options);
    status = std::max(status, answer);
  }
  return status;
}

int check(const CheckArgs& args) {
  if (!args.type.empty() && !object::is_program_type(args.type)) {
    complain("--type " + args.type, "no program type has this name", "for example xdp, sched_cls, tracing");
    return kTrouble;
  }
  if (args.witness && !witness::can_search()) {
    complain("--witness", "this skep was built without Z3", "install libz3-dev and build it again");
    return kTrouble;
  }
  std::vector<std::shared_ptr<const object::Backend>> backends;
  for (const std::string& kernel : args.kernels) {
    backends.push_back(open_kernel(args, kernel));
    if (backends.back() == nullptr) return kTrouble;
  }
  bool trouble = false;
  const std::vector<std::string> files = expand(args.files, trouble);
  if (files.empty()) return kTrouble;
  if (args.fix) return trouble ? kTrouble : fix(args, files, backends.front());
  if (args.format == "csv") print(csv_header(backends.size() > 1));
  int status = kOk;
  std::vector<KernelResults> results;
  for (size_t i = 0; i < backends.size(); ++i) {
    Checker checker(args, backends[i], advice_of(args, args.kernels[i]));
    status = std::max(status, checker.run(files));
    results.push_back(checker.take_results());
  }
  if (args.format == "text" && results.size() > 1) print(as_table(results, wants_colour(args.colour)));
  return trouble ? kTrouble : status;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const target::Profile& profile : target::profiles()) names.emplace_back(profile.version);
  names.emplace_back("live");
  return names;
}

constexpr char kExamples[] =
    "Examples:\n"
    "  skep check prog.bpf.o                       every program of an object\n"
    "  skep check prog.bpf.c -I include -D DEBUG   compiled with clang first\n"
    "  skep check /usr/sbin/execsnoop              objects inside an executable\n"
    "  skep check --format json build/ > all.json  everything below a directory\n"
    "  skep check --prog handle --log-level 2 --format kernel prog.bpf.o\n"
    "  skep check --kernel 6.12 --kernel 6.18 prog.bpf.o   a column per kernel\n"
    "  skep check --profile prog.bpf.o             where the instructions that the verifier follows go\n"
    "  skep check --kernel live prog.bpf.o         ask the running kernel (root)\n"
    "  skep check --without perfmon prog.bpf.o     as a loader that has only CAP_BPF and CAP_NET_ADMIN\n"
    "  skep check --witness prog.bpf.o             and the input that breaks the rule\n"
    "  skep check --fix prog.bpf.c | patch -p1     change the source so that it loads\n"
    "Exit status: 0 all accepted, 1 something rejected, 2 usage or environment.";

}  // namespace

void add_check(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<CheckArgs>();
  CLI::App* verb = app.add_subcommand("check", "Will the kernel load these programs, and if not, why?");
  verb->footer(kExamples);
  verb->add_option("FILE", args->files,
                   ".bpf.o, .bpf.c, an executable or library that carries BPF objects, or a directory")
      ->required();
  verb->add_option("--kernel", args->kernels, "6.18, 6.12, or live: the running kernel; may be given more than once")
      ->check(CLI::IsMember(kernel_names()))
      ->allow_extra_args(false)
      ->capture_default_str();
  verb->add_option("--without", args->without,
                   "a capability that the loader lacks: bpf, perfmon or net_admin; may be given more than once")
      ->check(CLI::IsMember({"bpf", "perfmon", "net_admin"}))
      ->allow_extra_args(false);
  verb->add_option("--prog", args->program, "only the program of this name");
  verb->add_option("--type", args->type, "program type for sections libbpf does not know (default: socket_filter)");
  verb->add_option("--log-level", args->log_level, "1: log, 2: with every state, 4: statistics, or sums of these")
      ->check(CLI::Range(0, 15))
      ->capture_default_str();
  verb->add_option("--log-dir", args->log_dir, "write each log to DIR/OBJECT.PROGRAM.log")
      ->check(CLI::ExistingDirectory);
  verb->add_option("--format", args->format,
                   "text, kernel (the logs), csv, github (annotations), or a document per kernel: json, sarif, junit")
      ->check(CLI::IsMember({"text", "kernel", "json", "csv", "sarif", "junit", "github"}))
      ->capture_default_str();
  verb->add_option("--color", args->colour, "auto (a terminal and no NO_COLOR), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  verb->add_flag("--explain-verbose", args->verbose,
                 "of a rejected program: every step that matters, and the instruction");
  verb->add_flag("--witness", args->witness,
                 "of a rejected program: an input that breaks the rule, or that there is none on that path");
  verb->add_option("--witness-ms", args->witness_ms, "time to look for one, per failure")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_flag(
      "--fix", args->fix,
      "of a .bpf.c, or an object whose source is there: print a patch that makes its rejected programs load, "
      "compiled and verified first");
  verb->add_flag("--profile", args->profile,
                 "of every program, in text and json: what following it takes, by source line and by loop, and the "
                 "values that keep its paths apart");
  verb->add_option("--btf", args->btf, "types of the kernel: host, or a BTF file (default: the chosen kernel's)");
  verb->add_option("-I", args->compile.include_paths, "include path for .bpf.c")->allow_extra_args(false);
  verb->add_option("-D", args->compile.definitions, "macro for .bpf.c")->allow_extra_args(false);
  verb->add_option("--mcpu", args->compile.cpu, "BPF instruction set for .bpf.c: v1 to v4")->capture_default_str();
  verb->add_option("-j,--jobs", args->jobs, "threads (default: one per CPU)");
  verb->callback([args, &chosen] { chosen = [args] { return check(*args); }; });
}

}  // namespace skep::cli
