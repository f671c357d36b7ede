// See results.h.
#include "cli/results.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/json.h"
#include "cli/say.h"
#include "cli/verbs.h"
#include "diag/render_json.h"

namespace skep::cli {
namespace {

constexpr size_t kLogLines = 12;  // of a rejected program, in text

Colour colour_of(const object::ProgramResult& program) {
  return program.accepted() ? Colour::Green : program.rejected() ? Colour::Red : Colour::Yellow;
}

// The last lines of a log, each indented.
std::string log_end(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  size_t begin = log.size();
  for (size_t lines = 0; lines < kLogLines && begin != 0; ++lines) {
    const size_t newline = begin < 2 ? std::string_view::npos : log.rfind('\n', begin - 2);
    begin = newline == std::string_view::npos ? 0 : newline + 1;
  }
  std::string out;
  for (std::string_view rest = log.substr(begin); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    out += fmt::format("    {}\n", printable(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

std::string program_line(const object::ProgramResult& p, bool colour) {
  std::string line =
      fmt::format("  {:<9} {:<32} {:<14}", coloured(p.verdict(), colour_of(p), colour), printable(p.name), p.type);
  if (p.stage == object::Stage::Verifier) {
    line += fmt::format(" {:>8} insns {:>6} states {:>8} us", p.insns_processed, p.total_states, p.time_us);
  }
  if (p.error) line += fmt::format("  errno {}", p.error);
  if (!p.code.empty()) line += "  " + p.code;
  return line + "\n";
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

// The place of the program in a kernel's results, or null: that kernel's libbpf lists other objects or programs.
const object::ProgramResult* program_at(const KernelResults& kernel, size_t file, size_t program) {
  if (file >= kernel.files.size() || program >= kernel.files[file].programs.size()) return nullptr;
  return &kernel.files[file].programs[program];
}

// A program's line of verdicts, then the last words of each kernel that does not accept it.
std::string table_rows(const std::vector<KernelResults>& kernels, size_t file, size_t program, bool colour) {
  const object::ProgramResult& first = kernels.front().files[file].programs[program];
  std::string out = fmt::format("  {:<34} {:<14}", printable(first.name), first.type);
  std::string reasons;
  for (const KernelResults& kernel : kernels) {
    const object::ProgramResult* p = program_at(kernel, file, program);
    if (p == nullptr) {
      out += fmt::format(" {:<9}", "-");
      continue;
    }
    out += fmt::format(" {:<9}", coloured(p->verdict(), colour_of(*p), colour));
    if (!p->accepted()) reasons += fmt::format("    {}: {}\n", kernel.kernel, printable(p->message));
  }
  return out + "\n" + reasons;
}

void write_help(JsonWriter& json, const std::vector<std::string>& help, const diag::SourcePatch& patch) {
  if (help.empty()) return;
  json.key("help").begin_array();
  for (const std::string& text : help) json.value(text);
  json.end_array();
  diag::write_patch(json, patch);
}

void write_program(JsonWriter& json, const object::ProgramResult& p) {
  json.begin_object();
  json.member("name", p.name).member("type", p.type).member("verdict", p.verdict());
  json.member("errno", p.error).member("message", p.message);
  if (p.stage != object::Stage::Verifier) json.member("stage", p.stage == object::Stage::Kernel ? "kernel" : "libbpf");
  if (!p.code.empty()) json.member("code", p.code);
  json.member("insns_processed", p.insns_processed).member("total_states", p.total_states);
  json.member("peak_states", p.peak_states).member("time_us", p.time_us);
  json.member("explain_time_us", p.explain_time_us);
  if (!p.explanations.empty()) {
    json.key("explanations").begin_array();
    for (const diag::Explanation& explanation : p.explanations) diag::write_json(json, explanation);
    json.end_array();
  }
  write_help(json, p.help, p.patch);
  if (p.profile) {
    json.key("profile");
    diag::write_json(json, *p.profile);
  }
  json.end_object();
}

// Of what did not get as far as an explanation.
std::string help_text(const std::vector<std::string>& help, const diag::SourcePatch& patch,
                      const diag::TextStyle& style) {
  constexpr u32 kIndent = 6;
  std::string out;
  for (const std::string& text : help) {
    out += coloured("help", Colour::Green, style.colour) + ": " + diag::wrapped(text, style.width, kIndent, kIndent) +
           "\n";
    if (&text == &help.front()) out += diag::patch_text(patch, style);
  }
  return out;
}

}  // namespace

std::string as_text(const FileResult& result, const diag::TextStyle& style) {
  if (result.error) return help_text(result.help, result.patch, style);
  std::string out = result.file + "\n";
  for (const auto& program : result.programs) {
    out += program_line(program, style.colour);
    if (program.rejected()) {
      for (const diag::Explanation& explanation : program.explanations) out += "\n" + diag::to_text(explanation, style);
      out += program.explanations.empty() ? log_end(program.log) : "\n";
    } else if (!program.accepted()) {
      out += fmt::format("    {}\n", printable(program.message)) + help_text(program.help, program.patch, style);
    }
    if (program.profile) out += (program.accepted() ? "\n" : "") + diag::to_text(*program.profile, style) + "\n";
  }
  return out;
}

std::string as_kernel_log(const FileResult& result) {
  std::string out;
  for (const auto& program : result.programs) out += program.log;
  return out;
}

std::string as_json(const std::vector<FileResult>& results, const std::string& kernel) {
  JsonWriter json(1);
  json.begin_object().member("kernel", kernel).key("files").begin_array();
  for (const FileResult& result : results) {
    json.begin_object().member("file", result.file);
    if (result.error) json.member("errno", -result.error).member("message", result.message);
    write_help(json, result.help, result.patch);
    json.key("programs").begin_array();
    for (const auto& program : result.programs) write_program(json, program);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string csv_header(bool with_kernel) {
  return std::string(with_kernel ? "kernel," : "") +
         "file,program,type,verdict,errno,insns_processed,total_states,peak_states,time_us,code,message\n";
}

std::string as_csv(const FileResult& result, const std::string& kernel) {
  std::string out;
  for (const auto& p : result.programs) {
    if (!kernel.empty()) out += kernel + ",";
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(result.file), csv_field(p.name), p.type,
                       p.verdict(), p.error, p.insns_processed, p.total_states, p.peak_states, p.time_us, p.code,
                       csv_field(p.message));
  }
  return out;
}

std::string as_table(const std::vector<KernelResults>& kernels, bool colour) {
  std::string out;
  const std::vector<FileResult>& files = kernels.front().files;
  for (size_t f = 0; f < files.size(); ++f) {
    if (files[f].error) continue;
    out += fmt::format("{:<36} {:<14}", files[f].file, "");
    for (const KernelResults& kernel : kernels) out += fmt::format(" {:<9}", kernel.kernel);
    out += "\n";
    for (size_t p = 0; p < files[f].programs.size(); ++p) out += table_rows(kernels, f, p, colour);
  }
  return out;
}

int exit_status(const std::vector<FileResult>& results) {
  int status = kOk;
  for (const FileResult& result : results) {
    if (result.error) status = std::max(status, kTrouble);
    for (const auto& program : result.programs) {
      status = std::max(status, program.accepted() ? kOk : program.rejected() ? kRejected : kTrouble);
    }
  }
  return status;
}

}  // namespace skep::cli
