// See section.h.
#include "section.h"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

namespace skep::helper_cases {
namespace {

constexpr std::string_view kResult = ";= ", kSection = "## ", kCtx = ";; CTX ", kOnlySkep = ";; ONLY_SKEP",
                           kSame = ";; SAME";

std::vector<u64> words_of(const std::string& text) {
  std::vector<u64> words;
  std::stringstream in(text);
  for (std::string word; in >> word;) words.push_back(std::strtoull(word.c_str(), nullptr, 0));
  return words;
}

void add_line(Section& section, const std::string& line) {
  if (line.starts_with(kResult)) {
    section.results.push_back(line.substr(kResult.size()));
    return;
  }
  if (line.starts_with(kCtx)) section.ctx = words_of(line.substr(kCtx.size()));
  section.only_skep |= line == kOnlySkep;
  section.same |= line == kSame;
  section.lines.push_back(line);
}

void append_lines(std::string& text, const std::vector<std::string>& lines, std::string_view prefix = {}) {
  for (const std::string& line : lines) text += fmt::format("{}{}\n", prefix, line);
}

}  // namespace

File parse_file(std::string_view text) {
  File file;
  std::stringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(kSection)) {
      file.sections.push_back({.name = line.substr(kSection.size())});
    } else if (file.sections.empty()) {
      file.head.push_back(line);
    } else {
      add_line(file.sections.back(), line);
    }
  }
  return file;
}

std::string to_text(const File& file) {
  std::string text;
  append_lines(text, file.head);
  for (const Section& section : file.sections) {
    text += fmt::format("{}{}\n", kSection, section.name);
    std::vector<std::string> lines = section.lines;
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    append_lines(text, lines);
    append_lines(text, section.results, kResult);
    if (&section != &file.sections.back()) text += "\n";
  }
  return text;
}

std::string case_text(const File& file, const Section& section) {
  std::string text;
  append_lines(text, file.head);
  for (const std::string& line : section.lines)
    if (!line.starts_with(kCtx) && line != kOnlySkep && line != kSame) text += line + "\n";
  return text;
}

std::string escaped(const std::vector<u8>& bytes) {
  size_t size = bytes.size();
  while (size > 0 && bytes[size - 1] == 0) --size;
  std::string text;
  for (size_t i = 0; i < size; ++i) {
    const bool plain = bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '\\' && bytes[i] != '"';
    text += plain ? std::string(1, char(bytes[i])) : fmt::format("\\x{:02x}", bytes[i]);
  }
  return text;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
    } else if (text[++i] == 'x') {
      out += char(std::strtoul(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == 'n' ? '\n' : text[i] == 's' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace skep::helper_cases
