// See source_edit.h.
#include "cli/source_edit.h"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

namespace skep::cli {
namespace {

using Lines = std::vector<std::string>;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string join(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string indentation_of(const std::string& line) { return line.substr(0, line.find_first_not_of(" \t")); }

std::string stripped(std::string_view line) {
  line = line.substr(0, line.find("//"));
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  return std::string(line);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class Editor {
 public:
  Editor(std::string_view source, const diag::SourceEdit& edit, u32 line, std::string_view function)
      : lines_(split(source)), edit_(edit), at_(line ? line - 1 : 0), function_(function) {}

  std::vector<std::string> edited();

 private:
  bool has_line() const { return at_ < lines_.size(); }
  // Where the statement begins that the line is a part of.
  size_t statement() const;
  // The first line of the function around the line: not indented, and no bracket's end.
  size_t function_begin() const;
  void before();
  std::vector<size_t> return_lines() const;
  void before_return(size_t at);
  void returns();
  void initialise();
  void bound();
  void license();
  void section(bool sleepable);
  void make_static();
  void offer(const Lines& lines) { out_.push_back(join(lines)); }
  void offer_line(size_t at, std::string text) {
    Lines lines = lines_;
    lines[at] = std::move(text);
    offer(lines);
  }
  void offer_inserted(size_t at, const std::string& code) {
    Lines lines = lines_;
    lines.insert(lines.begin() + std::ptrdiff_t(at), indentation_of(lines_[at]) + code);
    offer(lines);
  }

  const Lines lines_;
  const diag::SourceEdit& edit_;
  const size_t at_;
  const std::string function_;
  std::vector<std::string> out_;
};

size_t Editor::statement() const {
  size_t at = at_;
  while (at > 0) {
    const std::string previous = stripped(lines_[at - 1]);
    if (previous.empty() || previous[0] == '#' || std::string_view(";{}:/").find(previous.back()) != std::string::npos)
      return at;
    --at;
  }
  return at;
}

size_t Editor::function_begin() const {
  size_t at = at_;
  while (at > 0 && (lines_[at].empty() || std::string_view(" \t}{#/").find(lines_[at][0]) != std::string::npos)) --at;
  return at;
}

// The lines of the function around the line that return, that nearest to the line first.
std::vector<size_t> Editor::return_lines() const {
  static const std::regex statement(R"(\breturn\b)");
  std::vector<size_t> found;
  size_t end = at_;
  while (end < lines_.size() && !lines_[end].starts_with('}')) ++end;
  for (size_t at = std::min(end + 1, lines_.size()); at-- > function_begin();)
    if (std::regex_search(stripped(lines_[at]), statement)) found.push_back(at);
  const auto distance = [&](size_t at) { return at > at_ ? at - at_ : at_ - at; };
  std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) { return distance(a) < distance(b); });
  return found;
}

// For what belongs to one path alone: inside `if (c) return x;`, or before `return x;`.
void Editor::before_return(size_t at) {
  static const std::regex one_line(R"(^(\s*)((?:\} )?(?:else )?if \(.*\)|else) (return\b.*;)(.*)$)");
  std::smatch m;
  if (!std::regex_match(lines_[at], m, one_line)) return offer_inserted(at, edit_.code);
  Lines lines = lines_;
  const std::string indent = m[1].str();
  lines[at] = indent + m[2].str() + " {";
  const Lines body = {indent + "  " + edit_.code, indent + "  " + m[3].str() + m[4].str(), indent + "}"};
  lines.insert(lines.begin() + std::ptrdiff_t(at) + 1, body.begin(), body.end());
  offer(lines);
}

// Statements before the line's own; several ways where the compiler or the types may ask for another one.
void Editor::before() {
  std::string code = edit_.code;
  const size_t begin = function_begin();
  if (lines_[begin].find("void ") == 0 || lines_[begin].find("static void ") == 0)
    code = std::regex_replace(code, std::regex(R"(return [^;]*;)"), "return;");
  const bool is_check = code.starts_with("if (");
  if (!is_check)
    for (const size_t at : return_lines()) before_return(at);
  const size_t at = statement();
  offer_inserted(at, code);
  static const std::regex limit(R"(^if \(([^<>&|]+) > (\d+)\) (.*)$)");
  std::smatch m;
  if (std::regex_match(code, m, limit))  // of a signed number
    offer_inserted(at, fmt::format("if ({0} < 0 || {0} > {1}) {2}", m[1].str(), m[2].str(), m[3].str()));
  if (code.find("> data_end") != std::string::npos) {  // which may have another name, or none
    for (const std::string context : {"ctx", "skb", "xdp"})
      offer_inserted(at, replaced(code, "> data_end", fmt::format("> (void *)(long){}->data_end", context)));
  }
}

void Editor::returns() {
  static const std::regex statement(R"(\breturn\b[^;]*;)");
  for (const size_t at : return_lines())
    if (std::regex_search(lines_[at], statement))
      offer_line(at, std::regex_replace(lines_[at], statement, fmt::format("return {};", edit_.code)));
  if (stripped(lines_[at_]) == "}") {
    Lines lines = lines_;
    const std::string code = fmt::format("{}  return {};", indentation_of(lines_[at_]), edit_.code);
    lines.insert(lines.begin() + std::ptrdiff_t(at_), code);
    offer(lines);
  }
}

void Editor::initialise() {
  static const std::regex identifier(R"([A-Za-z_]\w*)");
  std::smatch m;
  if (!std::regex_search(edit_.code, m, identifier)) return;
  const std::string name = m.str();
  const std::regex declared("^(\\s*(?:[A-Za-z_]\\w*[ *]+)+" + name + "(?:\\[[^\\]]*\\])*)(\\s*[;,].*)$");
  const std::regex set_in_part("^(\\s*(?:[A-Za-z_]\\w*[ *]+)+" + name + ")\\s*=.*;.*$");
  for (size_t at = at_ + 1; at-- > function_begin();) {
    if (std::regex_match(lines_[at], m, declared))
      for (const char* value : {" = {}", " = 0"}) offer_line(at, m[1].str() + value + m[2].str());
    const bool is_struct = lines_[at].find("{") != std::string::npos;
    if (is_struct && std::regex_match(lines_[at], m, set_in_part) && at + 1 < lines_.size()) {
      Lines lines = lines_;  // the holes between its members, too
      const std::string clear = fmt::format("__builtin_memset(&{0}, 0, sizeof({0}));", name);
      lines[at] = m[1].str() + ";";
      lines.insert(lines.begin() + std::ptrdiff_t(at) + 1, indentation_of(lines_[at]) + clear);
      offer(lines);
    }
    if (!out_.empty()) return;
  }
}

// A counter of its own ends the loop; `can_loop` needs a header that not everybody has.
void Editor::bound() {
  static const std::regex while_loop(R"(^(\s*)while \((.*)\)(\s*\{?.*)$)");
  static const std::regex for_loop(R"(^(\s*)for \(([^;]*);([^;]*);(.*)$)");
  constexpr int kRounds = 128;
  const size_t end = std::min(lines_.size(), at_ + 1);
  for (size_t at = end; at-- > function_begin();) {
    std::smatch m;
    const std::string limit = fmt::format("rounds++ < {}", kRounds);
    std::string loop;
    if (std::regex_match(lines_[at], m, while_loop))
      loop = fmt::format("{}while (({}) && {}){}", m[1].str(), m[2].str(), limit, m[3].str());
    else if (std::regex_match(lines_[at], m, for_loop))
      loop = fmt::format("{}for ({}; {}{};{}", m[1].str(), m[2].str(),
                         stripped(m[3].str()).empty() ? "" : "(" + stripped(m[3].str()) + ") && ", limit, m[4].str());
    else
      continue;
    Lines lines = lines_;
    lines[at] = loop;
    lines.insert(lines.begin() + std::ptrdiff_t(at), m[1].str() + "int rounds = 0;");
    return offer(lines);
  }
}

void Editor::license() {
  static const std::regex declared(R"x(^(.*SEC\("license"\)\s*=\s*)"[^"]*"(.*)$)x");
  for (size_t at = 0; at < lines_.size(); ++at) {
    std::smatch m;
    if (std::regex_match(lines_[at], m, declared)) return offer_line(at, m[1].str() + "\"GPL\"" + m[2].str());
  }
  Lines lines = lines_;
  lines.insert(lines.end(), {"", "char LICENSE[] SEC(\"license\") = \"GPL\";"});
  offer(lines);
}

void Editor::section(bool sleepable) {
  static const std::regex plain(R"x(SEC\("([a-z_]+)(?=[/"]))x"), dotted(R"x(SEC\("([a-z_]+)\.s(?=[/"]))x");
  const std::regex named("\\b" + function_ + "\\s*[,(]");
  for (size_t at = 0; at < lines_.size(); ++at) {
    if (!std::regex_search(lines_[at], named)) continue;
    for (size_t section = at + 1; section-- > 0 && at - section < 3;) {
      const std::regex& from = sleepable ? plain : dotted;
      if (std::regex_search(lines_[section], from))
        return offer_line(section, std::regex_replace(lines_[section], from, sleepable ? "SEC(\"$1.s" : "SEC(\"$1"));
    }
  }
}

void Editor::make_static() {
  const std::regex defined("^(?!static\\b)[A-Za-z_].*\\b" + edit_.code + "\\(.*");
  for (size_t at = 0; at < lines_.size(); ++at)
    if (std::regex_match(lines_[at], defined) && !lines_[at].ends_with(';')) offer_line(at, "static " + lines_[at]);
}

std::vector<std::string> Editor::edited() {
  using Kind = diag::SourceEdit::Kind;
  switch (edit_.kind) {
    case Kind::License: license(); break;
    case Kind::Sleepable: section(true); break;
    case Kind::NotSleepable: section(false); break;
    case Kind::Static: make_static(); break;
    default: break;
  }
  if (!has_line()) return std::move(out_);
  switch (edit_.kind) {
    case Kind::Before: before(); break;
    case Kind::Return: returns(); break;
    case Kind::Initialise: initialise(); break;
    case Kind::Bound: bound(); break;
    default: break;
  }
  return std::move(out_);
}

// Lines that both have, in order: the longest such sequence. Patches are short, so only what is between the common
// beginning and end is compared in full.
struct Step {
  char sign;  // ' ', '-' or '+'
  const std::string* line;
};

std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  size_t head = 0, tail = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  const size_t n = a.size() - head - tail, m = b.size() - head - tail;
  std::vector<std::vector<u32>> common(n + 1, std::vector<u32>(m + 1));
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      common[i][j] =
          a[head + i] == b[head + j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<Step> steps;
  for (size_t i = 0; i < head; ++i) steps.push_back({' ', &a[i]});
  for (size_t i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && a[head + i] == b[head + j])
      steps.push_back({' ', &a[head + i++]}), ++j;
    else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1]))
      steps.push_back({'-', &a[head + i++]});
    else
      steps.push_back({'+', &b[head + j++]});
  }
  for (size_t i = a.size() - tail; i < a.size(); ++i) steps.push_back({' ', &a[i]});
  return steps;
}

}  // namespace

std::vector<std::string> edited_sources(std::string_view source, const diag::SourceEdit& edit, u32 line,
                                        std::string_view function) {
  return Editor(source, edit, line, function).edited();
}

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  constexpr size_t kAround = 3;
  const Lines a = split(before), b = split(after);
  const std::vector<Step> steps = steps_between(a, b);
  std::string out;
  size_t old_line = 1, new_line = 1, at = 0;
  const auto changed = [&](size_t from) {
    return size_t(std::find_if(steps.begin() + std::ptrdiff_t(std::min(from, steps.size())), steps.end(),
                               [](const Step& s) { return s.sign != ' '; }) -
                  steps.begin());
  };
  for (size_t first = changed(0); first < steps.size();) {
    const size_t begin = std::max(at, first > kAround ? first - kAround : 0);
    size_t end = first + 1;
    for (size_t next = first; next < steps.size() && next <= end + 2 * kAround; next = changed(end)) end = next + 1;
    const size_t last = std::min(end + kAround, steps.size());
    old_line += begin - at, new_line += begin - at;
    std::string body;
    size_t old_count = 0, new_count = 0;
    for (size_t i = begin; i < last; ++i) {
      body += steps[i].sign + *steps[i].line + "\n";
      old_count += steps[i].sign != '+';
      new_count += steps[i].sign != '-';
    }
    out += fmt::format("@@ -{},{} +{},{} @@\n{}", old_line, old_count, new_line, new_count, body);
    old_line += old_count, new_line += new_count;
    at = last;
    first = changed(last);
  }
  return out.empty() ? out : fmt::format("--- a/{0}\n+++ b/{0}\n{1}", path, out);
}

}  // namespace skep::cli
