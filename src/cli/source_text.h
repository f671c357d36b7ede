// A C source as lines, read as far as that can be done without parsing it: where statements and functions begin, where
// a map is defined. It expects the usual layout: functions begin and end at the left edge, statements have lines of
// their own. What is not found is not changed; whether a change is right is for whoever compiles and verifies it to
// say.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace skep::cli {

using Lines = std::vector<std::string>;

Lines split_lines(std::string_view text);
std::string join_lines(const Lines& lines);

std::string indentation_of(const std::string& line);
// Without indentation, comment behind it, and blanks at its end.
std::string stripped(std::string_view line);
// The first occurrence.
std::string replaced(std::string text, std::string_view from, std::string_view to);
// Every occurrence as a whole word.
std::string word_replaced(const std::string& text, const std::string& word, const std::string& by);
bool has_word(const std::string& text, const std::string& word);

// Lines [begin, end), from 0.
struct LineRange {
  size_t begin = 0, end = 0;
};

// Where the statement begins that the line is a part of.
size_t statement_begin(const Lines& lines, size_t at);
// The last line of that statement: the one that ends it with a semicolon, or opens a block.
size_t statement_end(const Lines& lines, size_t at);
// The first line of the function around the line: not indented, and no bracket's end.
size_t function_begin(const Lines& lines, size_t at);
// The function around the line, from its attributes and section to its closing bracket.
LineRange function_around(const Lines& lines, size_t at);
// The name of a function, given its first line; empty if that is none.
std::string function_name(const std::string& line);
// The first parameter's type and name: "struct xdp_md", "ctx".
struct Parameter {
  std::string type, name;
};
Parameter first_parameter(const std::string& line);
// The line where a function of this name is defined.
std::optional<size_t> definition_of(const Lines& lines, const std::string& function);
// The definition of a map: from `struct {` to `} NAME SEC(".maps");`.
std::optional<LineRange> map_definition(const Lines& lines, const std::string& map);
// The line of a program's SEC("..."): that of the function's definition or one of the few before it.
std::optional<size_t> section_line(const Lines& lines, const std::string& program);
// A name that the source does not use: `wanted`, or with a number behind it.
std::string fresh_name(const Lines& lines, const std::string& wanted);

}  // namespace skep::cli
