// See coverage.h.
#include "cli/coverage.h"

#include <algorithm>
#include <cerrno>
#include <fstream>

#include <fmt/format.h>

#include "sys/executables.h"

namespace skep::cli {
namespace {

using verifier::ExecFacts;

CoveredFile& file_named(Coverage& coverage, std::string_view path) {
  for (CoveredFile& file : coverage.files)
    if (file.path == path) return file;
  return coverage.files.emplace_back(CoveredFile{std::string(path), {}});
}

// A line ran as often as the busiest of its instructions.
void add_line(Coverage& coverage, const btf::Btf& types, const btf::LineInfo& info, u64 count) {
  CoveredLine& line = file_named(coverage, types.string_at(info.file_name_off)).lines[info.line()];
  line.count = std::max(line.count, count);
  if (line.text.empty()) line.text = types.string_at(info.line_off);
}

void add_function(Coverage& coverage, const ExecFacts& facts, const u64* counts,
                  const verifier::SubprogFact& function) {
  const auto line = std::find_if(facts.lines.begin(), facts.lines.end(),
                                 [&](const btf::LineInfo& info) { return info.insn_off >= function.start; });
  if (line == facts.lines.end() || function.name.empty()) return;
  coverage.functions.push_back({function.name, std::string(facts.btf->btf->string_at(line->file_name_off)),
                                line->line(), counts[function.start]});
}

// The file as it lies on disk; empty if it is not there.
std::vector<std::string> source_lines(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string count_text(const CoveredLine* line) {
  if (!line) return "-";
  return line->count ? fmt::format("{}", line->count) : "#####";
}

void annotate(const CoveredFile& file, std::string& out) {
  const auto add = [&out](u32 number, const CoveredLine* line, std::string_view text) {
    fmt::format_to(std::back_inserter(out), "{:>9}: {:>5}: {}\n", count_text(line), number, text);
  };
  fmt::format_to(std::back_inserter(out), "{:>9}: {:>5}: Source: {}\n", "-", 0, file.path);
  const std::vector<std::string> source = source_lines(file.path);
  if (source.empty()) {
    for (const auto& [number, line] : file.lines) add(number, &line, line.text);
    return;
  }
  for (u32 number = 1; number <= source.size(); ++number) {
    const auto line = file.lines.find(number);
    add(number, line == file.lines.end() ? nullptr : &line->second, source[number - 1]);
  }
}

}  // namespace

Result<Coverage> coverage_of(sys::Kernel& kernel, int prog_fd) {
  auto prog = kernel.prog(prog_fd);
  if (!prog.ok()) return prog.status();
  auto code = kernel.executables().code_of(**prog);
  if (!code.ok()) return code.status();
  const ExecFacts& facts = *(*code)->facts;
  const u64* const counts = (*code)->counts.get();
  if (!counts || !facts.btf || facts.lines.empty())
    return error_status(EINVAL, "no line information: compile the program with -g");
  Coverage coverage;
  for (const btf::LineInfo& info : facts.lines)
    if (info.insn_off < facts.insns.size()) add_line(coverage, *facts.btf->btf, info, counts[info.insn_off]);
  for (const verifier::SubprogFact& function : facts.subprogs) add_function(coverage, facts, counts, function);
  return coverage;
}

std::string annotated(const Coverage& coverage) {
  std::string out;
  for (const CoveredFile& file : coverage.files) annotate(file, out);
  return out;
}

std::string lcov(const Coverage& coverage) {
  std::string out;
  const auto put = std::back_inserter(out);
  for (const CoveredFile& file : coverage.files) {
    fmt::format_to(put, "TN:\nSF:{}\n", file.path);
    for (const CoveredFunction& function : coverage.functions)
      if (function.path == file.path)
        fmt::format_to(put, "FN:{},{}\nFNDA:{},{}\n", function.line, function.name, function.count, function.name);
    size_t hit = 0;
    for (const auto& [number, line] : file.lines) {
      fmt::format_to(put, "DA:{},{}\n", number, line.count);
      hit += line.count != 0;
    }
    fmt::format_to(put, "LF:{}\nLH:{}\nend_of_record\n", file.lines.size(), hit);
  }
  return out;
}

}  // namespace skep::cli
