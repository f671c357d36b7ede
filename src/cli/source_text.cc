// See source_text.h.
#include "cli/source_text.h"

#include <algorithm>
#include <regex>

namespace skep::cli {

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string join_lines(const Lines& lines) {
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

std::string word_replaced(const std::string& text, const std::string& word, const std::string& by) {
  return std::regex_replace(text, std::regex("\\b" + word + "\\b"), by);
}

bool has_word(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos && std::regex_search(text, std::regex("\\b" + word + "\\b"));
}

size_t statement_begin(const Lines& lines, size_t at) {
  while (at > 0) {
    const std::string previous = stripped(lines[at - 1]);
    if (previous.empty() || previous[0] == '#' || std::string_view(";{}:/").find(previous.back()) != std::string::npos)
      return at;
    --at;
  }
  return at;
}

size_t statement_end(const Lines& lines, size_t at) {
  while (at + 1 < lines.size()) {
    const std::string line = stripped(lines[at]);
    if (line.ends_with(';') || line.ends_with('{') || line.ends_with('}')) return at;
    ++at;
  }
  return at;
}

size_t function_begin(const Lines& lines, size_t at) {
  while (at > 0 && (lines[at].empty() || std::string_view(" \t}{#/").find(lines[at][0]) != std::string::npos)) --at;
  return at;
}

LineRange function_around(const Lines& lines, size_t at) {
  size_t end = at;
  while (end < lines.size() && !lines[end].starts_with('}')) ++end;
  size_t begin = function_begin(lines, at);
  static const std::regex attribute(R"(^(SEC\(|static\b[^;]*$|__\w+[^;]*$).*)");
  while (begin > 0 && !stripped(lines[begin - 1]).ends_with(';') && !lines[begin - 1].starts_with('}') &&
         std::regex_match(lines[begin - 1], attribute))
    --begin;
  return {begin, std::min(end + 1, lines.size())};
}

std::string function_name(const std::string& line) {
  static const std::regex definition(R"(^[A-Za-z_].*?\b(\w+)\((?!"))");
  static const std::regex macro(R"(^.*\bBPF_\w*PROG2?\((\w+))");
  static const std::regex attribute(R"(__attribute__\(\(.*?\)\)|SEC\("[^"]*"\))");
  const std::string plain = stripped(std::regex_replace(line, attribute, ""));
  std::smatch m;
  if (std::regex_search(plain, m, macro) || std::regex_search(plain, m, definition)) return m[1].str();
  return {};
}

Parameter first_parameter(const std::string& line) {
  static const std::regex parameter(R"(\(\s*((?:const |volatile |struct |unsigned )*\w+)\s*\*?\s*(\w+)\s*[,)_])");
  std::smatch m;
  if (std::regex_search(line, m, parameter)) return {m[1].str(), m[2].str()};
  return {};
}

std::optional<size_t> definition_of(const Lines& lines, const std::string& function) {
  for (size_t at = 0; at < lines.size(); ++at) {
    const bool indented = lines[at].empty() || lines[at][0] == ' ' || lines[at][0] == '\t' || lines[at][0] == '#';
    const bool declared = stripped(lines[statement_end(lines, at)]).ends_with(';') && !lines[at].ends_with('}') &&
                          lines[at].find('{') == std::string::npos;
    if (!indented && !declared && has_word(lines[at], function) && function_name(lines[at]) == function) return at;
  }
  return std::nullopt;
}

std::optional<LineRange> map_definition(const Lines& lines, const std::string& map) {
  const std::regex last("^\\}\\s*" + map + "\\s+SEC\\(\"\\.maps\"\\).*");
  for (size_t at = 0; at < lines.size(); ++at) {
    if (!std::regex_match(lines[at], last)) continue;
    size_t begin = at;
    while (begin > 0 && !lines[begin].starts_with("struct")) --begin;
    return LineRange{begin, at + 1};
  }
  return std::nullopt;
}

std::optional<size_t> section_line(const Lines& lines, const std::string& program) {
  constexpr size_t kFew = 3;
  const auto definition = definition_of(lines, program);
  if (!definition) return std::nullopt;
  for (size_t at = *definition + 1; at-- > 0 && *definition - at <= kFew;)
    if (lines[at].find("SEC(\"") != std::string::npos) return at;
  return std::nullopt;
}

std::string fresh_name(const Lines& lines, const std::string& wanted) {
  std::string name = wanted;
  const auto used = [&](const std::string& line) { return has_word(line, name); };
  for (int number = 2; std::any_of(lines.begin(), lines.end(), used); ++number) name = wanted + std::to_string(number);
  return name;
}

}  // namespace skep::cli
