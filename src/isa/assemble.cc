// Text -> instructions: the lines, their labels, and the jumps to them. What one line means is parse_insn.cc's.
#include "isa/assemble.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "isa/lexer.h"
#include "isa/parse_insn.h"

namespace skep::isa {
namespace {

struct Line {
  std::string_view label;      // of "label:", or empty
  std::string_view statement;  // the instruction, or empty
};

// An instruction whose label was not known yet.
struct Fixup {
  size_t insn;
  std::string_view label;
  size_t line;
};

std::string_view trim(std::string_view text) {
  size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// Cuts what follows ';', "//" or a '#' that starts a word ("call name#1" goes on).
std::string_view without_comment(std::string_view text) {
  for (size_t i = 0; i < text.size(); i++) {
    bool starts_word = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t';
    if (text[i] == ';' || text.substr(i, 2) == "//" || (text[i] == '#' && starts_word)) return text.substr(0, i);
  }
  return text;
}

// Removes a prefix of characters of `set` that is followed by `end`; `end` goes too.
std::string_view without_prefix(std::string_view text, std::string_view set, std::string_view end) {
  size_t n = text.find_first_not_of(set);
  if (n == 0 || n == text.npos || !text.substr(n).starts_with(end)) return text;
  return trim(text.substr(n + end.size()));
}

// Removes what a log puts before an instruction: "12: ", the live registers "01........ ", "(b7) ".
std::string_view without_log_columns(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  text = without_prefix(text, kDigits, ":");
  text = without_prefix(text, ".0123456789", " (");
  if (text.starts_with("(")) text.remove_prefix(1);
  return without_prefix(text, "0123456789abcdef", ")");
}

Line split_line(std::string_view text) {
  text = without_log_columns(trim(without_comment(text)));
  size_t n = 0;
  while (n < text.size() && is_word_char(text[n])) n++;
  if (n == 0 || n == text.size() || text[n] != ':') return {{}, text};
  return {text.substr(0, n), without_log_columns(trim(text.substr(n + 1)))};
}

std::vector<Line> split_lines(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(split_line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class Assembler {
 public:
  explicit Assembler(const AsmSymbols& symbols) : symbols_(symbols) {}

  Result<Assembly> run(std::string_view text) {
    lines_ = split_lines(text);
    if (Status status = collect_labels(); !status.ok()) return status;
    if (Status status = parse_lines(); !status.ok()) return status;
    if (Status status = resolve(); !status.ok()) return status;
    return std::move(out_);
  }

 private:
  static Status error_at(size_t line, std::string_view why) {
    return error_status(EINVAL, fmt::format("line {}: {}", line + 1, why));
  }

  // Before anything is parsed, since "call x" looks for a label first. The place comes later.
  Status collect_labels() {
    for (size_t i = 0; i < lines_.size(); i++) {
      if (lines_[i].label.empty()) continue;
      if (!out_.labels.emplace(lines_[i].label, -1).second)
        return error_at(i, fmt::format("label '{}' is there twice", lines_[i].label));
    }
    return {};
  }

  Status parse_lines() {
    for (size_t i = 0; i < lines_.size(); i++) {
      int here = static_cast<int>(out_.insns.size());
      if (auto it = out_.labels.find(lines_[i].label); it != out_.labels.end()) it->second = here;
      out_.insn_of_line.push_back(lines_[i].statement.empty() ? -1 : here);
      if (lines_[i].statement.empty()) continue;
      if (Status status = parse_line(i); !status.ok()) return status;
    }
    return {};
  }

  Status parse_line(size_t line) {
    Result<Statement> statement = parse_statement(lines_[line].statement, symbols_, out_.labels);
    if (!statement.ok()) return error_at(line, statement.status().context());
    if (!statement->target.empty()) fixups_.push_back({out_.insns.size(), statement->target, line});
    out_.insns.insert(out_.insns.end(), statement->insns, statement->insns + statement->slots);
    return {};
  }

  Status resolve() {
    for (const Fixup& fixup : fixups_) {
      auto it = out_.labels.find(fixup.label);
      if (it == out_.labels.end()) return error_at(fixup.line, fmt::format("unknown label '{}'", fixup.label));
      s64 distance = it->second - static_cast<s64>(fixup.insn) - 1;
      if (!set_target(out_.insns[fixup.insn], distance))
        return error_at(fixup.line, fmt::format("'{}' is too far", fixup.label));
    }
    return {};
  }

  const AsmSymbols& symbols_;
  std::vector<Line> lines_;
  std::vector<Fixup> fixups_;
  Assembly out_;
};

}  // namespace

Result<Assembly> assemble(std::string_view text, const AsmSymbols& symbols) { return Assembler(symbols).run(text); }

}  // namespace skep::isa
