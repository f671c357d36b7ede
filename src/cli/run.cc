// `skep run`: one program on a packet, on all packets of a capture, or on a context, and what came of it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include <fmt/format.h>

#include "cli/coverage.h"
#include "cli/map_json.h"
#include "cli/pcap.h"
#include "cli/runner.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "cli/verdicts.h"
#include "diag/log.h"
#include "diag/match.h"
#include "object/compile.h"

namespace skep::cli {
namespace {

constexpr u32 kDefaultPacket = 64;  // bytes, all zero

struct RunArgs {
  std::string file, data, pcap, out, ctx, engine = "jit", format = "text", lcov_file, kernel = "6.18";
  std::vector<std::string> maps;
  RunnerOptions runner;
  object::CompileOptions compile;
  u32 repeat = 1;
  bool show_maps = false, coverage = false;
};

// What is said at the end.
struct Report {
  Json json = Json::object();
  std::string text;

  void line(std::string_view what, std::string_view value) {
    fmt::format_to(std::back_inserter(text), "{:<10}{}\n", what, value);
  }
};

// --- input --------------------------------------------------------------------------------------------------------

// The text itself, or with @ the file of that name.
Result<std::string> text_of(const std::string& argument) {
  if (!argument.starts_with("@")) return argument;
  errno = 0;
  std::ifstream in(argument.substr(1), std::ios::binary);
  if (!in) return error_status(errno ? errno : EIO, argument.substr(1) + ": " + std::strerror(errno));
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// Files may be hex or the bytes as they are.
Result<std::vector<u8>> packet_of(const std::string& argument) {
  if (argument.empty()) return std::vector<u8>(kDefaultPacket);
  const auto text = text_of(argument);
  if (!text.ok()) return text.status();
  auto bytes = parse_hex(*text);
  if (bytes.ok() || !argument.starts_with("@")) return bytes;
  return std::vector<u8>(text->begin(), text->end());
}

Result<std::vector<u8>> context_of(const Runner& runner, const std::string& argument, u32 data_size) {
  if (argument.empty()) return runner.zero_context();
  const auto text = text_of(argument);
  if (!text.ok()) return text.status();
  const Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return error_status(EINVAL, "--ctx: not JSON");
  auto ctx = runner.context(json, data_size);
  return ctx.ok() ? ctx : error_status(EINVAL, "--ctx: " + ctx.status().context());
}

Result<object::ObjectFile> compile(const RunArgs& args, const object::Backend& backend) {
  object::CompileOptions options = args.compile;
  options.btf_file = backend.btf_file();
  options.colour = is_terminal(STDERR_FILENO);
  auto compiled = object::compile_bpf(args.file, options);
  if (!compiled.ok()) return compiled.status();
  print_error(compiled->diagnostics);
  if (compiled->object.empty()) return error_status(EINVAL, "clang found errors");
  return object::object_from_bytes(args.file, std::move(compiled->object));
}

Result<object::ObjectFile> read_object(const RunArgs& args, const object::Backend& backend) {
  if (args.file.ends_with(".c")) return compile(args, backend);
  auto objects = object::read_objects(args.file);
  if (!objects.ok()) return objects.status();
  if (objects->empty()) return error_status(EINVAL, "no BPF object");
  return objects->front();
}

// --- output -------------------------------------------------------------------------------------------------------

std::string hexdump(std::span<const u8> bytes) {
  constexpr size_t kPerLine = 16;
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += kPerLine) {
    fmt::format_to(std::back_inserter(out), "  {:04x} ", at);
    for (u8 byte : bytes.subspan(at, std::min(kPerLine, bytes.size() - at)))
      fmt::format_to(std::back_inserter(out), " {:02x}", byte);
    out += '\n';
  }
  return out;
}

std::string verdict_text(const Runner& runner, u32 retval) {
  const std::string name = verdict_name(runner.prog_type(), retval);
  return name.empty() ? fmt::format("{}", s32(retval)) : fmt::format("{} ({})", name, s32(retval));
}

// The word under which a verdict is counted.
std::string verdict_key(const Runner& runner, u32 retval) {
  const std::string name = verdict_name(runner.prog_type(), retval);
  return name.empty() ? fmt::format("{}", s32(retval)) : name;
}

void report_trace(Runner& runner, Report& report) {
  const std::vector<std::string> lines = runner.take_trace();
  report.json["trace"] = lines;
  for (const std::string& line : lines) report.line("trace", printable(line));
}

// What the program wrote to its standard output and error, line by line.
void report_streams(const Runner& runner, Report& report) {
  constexpr std::pair<const char*, u32> kStreams[] = {{"stdout", 1}, {"stderr", 2}};
  for (const auto& [name, stream] : kStreams) {
    std::istringstream text(runner.take_stream(stream));
    if (text.str().empty()) continue;
    report.json[name] = text.str();
    for (std::string line; std::getline(text, line);) report.line(name, printable(line));
  }
}

void report_data(const RunResult& result, std::span<const u8> before, Report& report) {
  report.json["data"] = to_hex(result.data);
  const bool same = std::equal(result.data.begin(), result.data.end(), before.begin(), before.end());
  report.line("data", fmt::format("{} bytes{}", result.data.size(), same ? ", unchanged" : ""));
  if (!same) report.text += hexdump(result.data);
}

void report_maps(const Runner& runner, Report& report) {
  const Json maps = show_maps(runner);
  report.json["maps"] = maps;
  for (const auto& [name, elements] : maps.items()) {
    const bool listed = elements.is_array();
    report.line("map", listed ? fmt::format("{}: {} elements", name, elements.size()) : name + ": " + elements.dump());
    for (size_t i = 0; listed && i < elements.size(); ++i)
      fmt::format_to(std::back_inserter(report.text), "  {}: {}\n", elements[i]["key"].dump(),
                     elements[i]["value"].dump());
  }
}

Status report_coverage(const RunArgs& args, const Runner& runner, Report& report) {
  const auto coverage = coverage_of(*runner.kernel(), runner.prog_fd());
  if (!coverage.ok()) return coverage.status();
  if (args.coverage) report.text += annotated(*coverage);
  for (const CoveredFile& file : coverage->files)
    for (const auto& [number, line] : file.lines)
      report.json["coverage"][file.path][fmt::format("{}", number)] = line.count;
  if (args.lcov_file.empty()) return {};
  std::ofstream out(args.lcov_file);
  out << lcov(*coverage);
  return out.flush() ? Status() : error_status(EIO, args.lcov_file + ": " + std::strerror(errno));
}

// --- the two ways to run ------------------------------------------------------------------------------------------

Status failed_run(Runner& runner, const RunResult& result) {
  constexpr int kENOTSUPP = 524;
  if (const std::string complaint = runner.take_complaint(); !complaint.empty()) return error_status(EFAULT, complaint);
  if (result.error == kENOTSUPP) return error_status(result.error, "programs of this type cannot be run");
  return error_status(result.error, fmt::format("BPF_PROG_TEST_RUN: {}", std::strerror(result.error)));
}

Status run_once(const RunArgs& args, Runner& runner, Report& report) {
  auto data = runner.takes_data() ? packet_of(args.data) : Result<std::vector<u8>>(std::vector<u8>());
  if (!data.ok()) return error_status(data.error(), "--data: " + data.status().context());
  const auto ctx = context_of(runner, args.ctx, u32(data->size()));
  if (!ctx.ok()) return ctx.status();
  const RunResult result = runner.run(*data, *ctx, args.repeat);
  if (result.error) return failed_run(runner, result);
  report.json["retval"] = result.retval;
  report.json["verdict"] = verdict_key(runner, result.retval);
  report.json["duration_ns"] = result.duration_ns;
  report.line("retval", verdict_text(runner, result.retval));
  if (args.repeat > 1) report.line("duration", fmt::format("{} ns", result.duration_ns));
  if (!result.data.empty()) report_data(result, *data, report);
  const bool all_zero = std::count(result.ctx.begin(), result.ctx.end(), 0) == std::ptrdiff_t(result.ctx.size());
  if (args.ctx.empty() && all_zero) return {};
  report.json["ctx"] = runner.show_context(result.ctx);
  report.line("ctx", report.json["ctx"].dump());
  return {};
}

Status run_capture(const RunArgs& args, Runner& runner, Report& report) {
  if (!runner.takes_data()) return error_status(EINVAL, "--pcap: programs of this type see no packets");
  auto capture = read_pcap(args.pcap);
  if (!capture.ok()) return error_status(capture.error(), args.pcap + ": " + capture.status().context());
  std::map<std::string, u64> verdicts;
  Capture left{capture->nanoseconds, capture->link_type, {}};
  u64 refused = 0;
  for (CapturedPacket& packet : capture->packets) {
    const auto ctx = context_of(runner, args.ctx, u32(packet.bytes.size()));
    if (!ctx.ok()) return ctx.status();
    RunResult result = runner.run(packet.bytes, *ctx, args.repeat);
    refused += result.error != 0;
    if (result.error) continue;
    ++verdicts[verdict_key(runner, result.retval)];
    if (is_dropped(runner.prog_type(), result.retval)) continue;
    packet.bytes = std::move(result.data);
    left.packets.push_back(std::move(packet));
  }
  report.json["packets"] = capture->packets.size();
  report.json["refused"] = refused;
  report.json["verdicts"] = verdicts;
  report.line("packets", fmt::format("{}", capture->packets.size()));
  for (const auto& [name, count] : verdicts) report.line("", fmt::format("{} {}", name, count));
  if (refused) report.line("", fmt::format("refused {} (too short or too long for this program type)", refused));
  return args.out.empty() ? Status() : write_pcap(args.out, left);
}

// --- the verb -----------------------------------------------------------------------------------------------------

Status run_loaded(const RunArgs& args, Runner& runner, Report& report) {
  for (const std::string& map : args.maps)
    if (const Status filled = fill_map(runner, map); !filled.ok()) return filled;
  report.json["program"] = runner.program();
  report.json["type"] = object::program_type_name(runner.prog_type());
  const Status ran = args.pcap.empty() ? run_once(args, runner, report) : run_capture(args, runner, report);
  report_trace(runner, report);
  report_streams(runner, report);
  if (!ran.ok()) return ran;
  if (args.show_maps) report_maps(runner, report);
  if (args.coverage || !args.lcov_file.empty()) return report_coverage(args, runner, report);
  return {};
}

// Of a log the line that says why, with its code; of libbpf's words all.
std::string why_rejected(const std::string& log) {
  const auto decides = diag::read_log(log).decides;
  if (!decides) return std::string(diag::Log::last_line(log));
  return fmt::format("{}: {}", decides->cause->code, decides->line);
}

int run(RunArgs args) {
  const bool live = args.engine == "live";
  args.runner.engine = args.engine == "interp"    ? sys::EngineKind::Interp
                       : args.engine == "checked" ? sys::EngineKind::Checked
                                                  : sys::EngineKind::Jit;
  args.runner.count_insns = args.coverage || !args.lcov_file.empty();
  if (live && (args.runner.count_insns || args.runner.seed)) {
    complain("--engine live", "the running kernel knows no --coverage and no --seed");
    return kTrouble;
  }
  auto backend = object::Backend::open({.live = live, .version = args.kernel, .btf = ""});
  if (!backend.ok()) {
    complain("the kernel's types", backend.status().context());
    return kTrouble;
  }
  auto object = read_object(args, **backend);
  if (!object.ok()) {
    complain(args.file, object.status().context());
    return kTrouble;
  }
  auto runner = Runner::load(*object, **backend, args.runner);
  if (!runner.ok()) {
    complain(args.file, why_rejected(runner.status().context()), "skep check says more of programs that are rejected");
    return runner.error() == ENOENT ? kTrouble : kRejected;
  }
  Report report;
  const Status ran = run_loaded(args, **runner, report);
  if (ran.ok()) print(args.format == "json" ? report.json.dump(1) + "\n" : report.text);
  if (!ran.ok()) complain((*runner)->program(), ran.context());
  return ran.ok() ? kOk : kTrouble;
}

constexpr char kExamples[] =
    "Examples:\n"
    "  skep run filter.bpf.c --prog filter                    64 zero bytes\n"
    "  skep run filter.bpf.o --data @packet.bin --repeat 1000000\n"
    "  skep run filter.bpf.o --pcap in.pcap --out out.pcap    the packets it lets through\n"
    "  skep run fw.bpf.o --map blocked=blocked.json --set limit=10 --pcap in.pcap --maps\n"
    "  skep run tc.bpf.c --ctx '{\"mark\": 5, \"priority\": 2}' --format json\n"
    "  skep run sys.bpf.c --ctx '{\"a\": 1}'                    fields of the program's own struct\n"
    "  skep run tp.bpf.c --ctx '[1, \"0x10\", 3]'               a tracepoint's arguments\n"
    "  skep run filter.bpf.c --coverage --seed 1              lines with counts; same clock, same random numbers\n"
    "  skep run filter.bpf.o --engine live                    the running kernel, for comparison (root)\n"
    "Exit status: 0 it ran, 1 it was rejected, 2 usage or environment.";

void add_input(CLI::App& verb, RunArgs& args) {
  verb.add_option("FILE", args.file, ".bpf.o or .bpf.c")->required();
  verb.add_option("--prog", args.runner.program, "the program; needed if there are several");
  verb.add_option("--with", args.runner.with,
                  "also load this program, for tail calls (default: all, if it does not load alone)")
      ->allow_extra_args(false);
  verb.add_option("--type", args.runner.type,
                  "program type for sections libbpf does not know (default: socket_filter)");
  verb.add_option("--data", args.data, "the packet: hex, or @FILE of hex or bytes (default: 64 zeros)");
  verb.add_option("--pcap", args.pcap, "every packet of this capture instead")->check(CLI::ExistingFile);
  verb.add_option("--out", args.out, "write the packets that were not dropped, as the program left them")
      ->needs("--pcap");
  verb.add_option("--ctx", args.ctx, "the context as JSON, or @FILE: fields by name, or an array of 64-bit words");
  verb.add_option("--map", args.maps, "NAME=FILE: fill a map before, from JSON: [{\"key\": .., \"value\": ..}, ..]")
      ->allow_extra_args(false);
  verb.add_option("--set", args.runner.globals, "NAME=VALUE: a global variable's first value")->allow_extra_args(false);
  verb.add_option("-I", args.compile.include_paths, "include path for .bpf.c")->allow_extra_args(false);
  verb.add_option("-D", args.compile.definitions, "macro for .bpf.c")->allow_extra_args(false);
  verb.add_option("--mcpu", args.compile.cpu, "BPF instruction set for .bpf.c: v1 to v4")->capture_default_str();
}

}  // namespace

void add_run(CLI::App& app, Verb& chosen) {
  auto args = std::make_shared<RunArgs>();
  CLI::App* verb = app.add_subcommand("run", "Run a program on a packet, a capture or a context");
  verb->footer(kExamples);
  add_input(*verb, *args);
  verb->add_option("--repeat", args->repeat, "how often")->check(CLI::Range(1u, 1u << 31))->capture_default_str();
  verb->add_option("--engine", args->engine,
                   "jit, interp, checked (against what the verifier held), or live: the running kernel (root)")
      ->check(CLI::IsMember({"jit", "interp", "checked", "live"}))
      ->capture_default_str();
  verb->add_option("--seed", args->runner.seed, "made-up clock, CPU 0, and random numbers from this seed");
  verb->add_flag("--maps", args->show_maps, "print all maps and global variables afterwards");
  verb->add_flag("--coverage", args->coverage, "print the source with how often each line ran");
  verb->add_option("--lcov", args->lcov_file, "write that as an lcov tracefile");
  verb->add_option("--format", args->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->callback([args, &chosen] { chosen = [args] { return run(*args); }; });
}

}  // namespace skep::cli
