// See source_edit.h.
#include "cli/source_edit.h"

#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include "cli/source_text.h"

namespace skep::cli {
namespace {

class Editor {
 public:
  Editor(std::string_view source, const diag::SourceEdit& edit, u32 line, std::string_view function)
      : lines_(split_lines(source)), edit_(edit), at_(line ? line - 1 : 0), function_(function) {}

  std::vector<std::string> edited();

 private:
  bool has_line() const { return at_ < lines_.size(); }
  void before();
  std::vector<size_t> return_lines() const;
  void before_return(size_t at);
  void offer_with_end(size_t at, const std::string& code);
  void returns();
  void initialise();
  void bound();
  void license();
  void section(bool sleepable);
  void make_static();
  void offer(const Lines& lines) { out_.push_back(join_lines(lines)); }
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

// The lines of the function around the line that return, that nearest to the line first.
std::vector<size_t> Editor::return_lines() const {
  static const std::regex statement(R"(\breturn\b)");
  std::vector<size_t> found;
  size_t end = at_;
  while (end < lines_.size() && !lines_[end].starts_with('}')) ++end;
  for (size_t at = std::min(end + 1, lines_.size()); at-- > function_begin(lines_, at_);)
    if (std::regex_search(stripped(lines_[at]), statement)) found.push_back(at);
  const auto distance = [&](size_t at) { return at > at_ ? at - at_ : at_ - at; };
  std::stable_sort(found.begin(), found.end(), [&](size_t a, size_t b) { return distance(a) < distance(b); });
  return found;
}

// For what belongs to one path alone: inside `if (c) return x;`, or before `return x;`.
void Editor::before_return(size_t at) {
  static const std::regex condition(R"((\)|\belse)\s*$)");
  static const std::regex one_line(R"(^(\s*)((?:\} )?(?:else )?if \(.*\)|else) (return\b.*;)(.*)$)");
  std::smatch m;
  Lines lines = lines_;
  if (!std::regex_match(lines_[at], m, one_line)) {
    const size_t begin = statement_begin(lines_, at);
    if (begin == at || !std::regex_search(lines_[at - 1], condition)) return offer_inserted(at, edit_.code);
    lines[at - 1] = lines[at - 1] + " {";  // a condition of its own line, without brackets
    const std::string indent = indentation_of(lines_[begin]);
    lines.insert(lines.begin() + std::ptrdiff_t(statement_end(lines_, at)) + 1, indent + "}");
    lines.insert(lines.begin() + std::ptrdiff_t(at), indentation_of(lines_[at]) + edit_.code);
    return offer(lines);
  }
  const std::string indent = m[1].str();
  lines[at] = indent + m[2].str() + " {";
  const Lines body = {indent + "  " + edit_.code, indent + "  " + m[3].str() + m[4].str(), indent + "}"};
  lines.insert(lines.begin() + std::ptrdiff_t(at) + 1, body.begin(), body.end());
  offer(lines);
}

// Statements before the line's own; several ways where the compiler or the types may ask for another one.
void Editor::before() {
  std::string code = edit_.code;
  const size_t begin = function_begin(lines_, at_);
  if (lines_[begin].find("void ") == 0 || lines_[begin].find("static void ") == 0)
    code = std::regex_replace(code, std::regex(R"(return [^;]*;)"), "return;");
  const bool is_check = code.starts_with("if (");
  if (!is_check)
    for (const size_t at : return_lines()) before_return(at);
  const size_t at = statement_begin(lines_, at_);
  offer_inserted(at, code);
  static const std::regex limit(R"(^if \(([^<>&|]+) > (\d+)\) (.*)$)");
  std::smatch m;
  if (std::regex_match(code, m, limit))  // of a signed number
    offer_inserted(at, fmt::format("if ({0} < 0 || {0} > {1}) {2}", m[1].str(), m[2].str(), m[3].str()));
  if (code.find("> data_end") != std::string::npos) offer_with_end(at, code);
}

// The end of the packet may have another name, or none.
void Editor::offer_with_end(size_t at, const std::string& code) {
  static const std::regex end(R"((\w+) = [^;=]*->data_end\b)");
  const size_t begin = function_begin(lines_, at);
  for (size_t i = begin; i < at; ++i) {
    std::smatch m;
    if (std::regex_search(lines_[i], m, end)) offer_inserted(at, replaced(code, "> data_end", "> " + m[1].str()));
  }
  const std::string context = first_parameter(lines_[begin]).name;
  if (!context.empty())
    offer_inserted(at, replaced(code, "> data_end", fmt::format("> (void *)(long){}->data_end", context)));
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
  const std::regex declared("^(\\s*(?!return\\b)(?:[A-Za-z_]\\w*[ *]+)+" + name + "(?:\\[[^\\]]*\\])*)(\\s*[;,].*)$");
  const std::regex set_in_part("^(\\s*(?:[A-Za-z_]\\w*[ *]+)+" + name + ")\\s*=.*;.*$");
  for (size_t at = at_ + 1; at-- > function_begin(lines_, at_);) {
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
  for (size_t at = end; at-- > function_begin(lines_, at_);) {
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

}  // namespace

std::vector<std::string> edited_sources(std::string_view source, const diag::SourceEdit& edit, u32 line,
                                        std::string_view function) {
  return Editor(source, edit, line, function).edited();
}

}  // namespace skep::cli
