// For the tests: reads the register states out of a verifier log of level 2 (the format is in the log's own
// documentation, log-format.md 3.3-3.5).
#pragma once

#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "domain/scalar.h"

namespace skep::domain {

struct LoggedScalar {
  Scalar value;
  int id = 0;
};

namespace log_detail {

inline u64 number(std::string_view text) {
  const std::string s(text);
  return s[0] == '-' ? u64(std::strtoll(s.c_str(), nullptr, 10)) : std::strtoull(s.c_str(), nullptr, 0);
}

inline void set_range_end(Scalar& s, std::string_view name, u64 v) {
  if (name == "smin") s.smin = s64(v);
  if (name == "smax") s.smax = s64(v);
  if (name == "umin") s.umin = v;
  if (name == "umax") s.umax = v;
  if (name == "smin32") s.s32_min = s32(v);
  if (name == "smax32") s.s32_max = s32(v);
  if (name == "umin32") s.u32_min = u32(v);
  if (name == "umax32") s.u32_max = u32(v);
}

// "smin=smin32=0", "id=1+4" or "var_off=(0x0; 0xf)".
inline void read_attribute(LoggedScalar& r, std::string_view text) {
  const std::string_view value = text.substr(text.rfind('=') + 1);
  if (text.starts_with("var_off=(")) {
    r.value.var_off = {number(value.substr(1)), number(value.substr(value.find(';') + 2))};
    return;
  }
  if (text.starts_with("id=")) r.id = int(number(value));
  for (size_t equal; (equal = text.find('=')) != text.npos; text.remove_prefix(equal + 1)) {
    set_range_end(r.value, text.substr(0, equal), number(value));
  }
}

// The end of the value that begins at text[0]: the blank outside of all parentheses.
inline size_t value_length(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == ' ' && depth == 0) return i;
  }
  return text.size();
}

}  // namespace log_detail

// One register's text; nothing if it is no scalar.
inline std::optional<LoggedScalar> read_scalar(std::string_view text) {
  if (text.starts_with("P")) text.remove_prefix(1);
  if (text.starts_with("scalar(")) {
    LoggedScalar r{Scalar::unknown(), 0};
    text.remove_prefix(7);
    while (!text.empty() && text != ")") {
      const size_t end = std::min(text.find(','), text.size() - 1);
      log_detail::read_attribute(r, text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return r;
  }
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
  return LoggedScalar{Scalar::known(log_detail::number(text)), 0};
}

using LoggedRegisters = std::map<int, LoggedScalar>;

// Puts every scalar of " R0=... R6=..." into `registers`, and takes those out that hold something else.
inline void read_registers(std::string_view text, LoggedRegisters& registers) {
  for (size_t at; (at = text.find(" R")) != text.npos;) {
    text.remove_prefix(at + 2);
    int reg = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), reg);
    if (error != std::errc() || *end != '=') continue;
    text.remove_prefix(size_t(end - text.data()) + 1);
    const size_t length = log_detail::value_length(text);
    if (const auto scalar = read_scalar(text.substr(0, length)))
      registers[reg] = *scalar;
    else
      registers.erase(reg);
    text.remove_prefix(length);
  }
}

// One line of the log.
struct LogLine {
  enum Kind { Other, Executed, State, From, Safe } kind = Other;
  int insn = -1;  // executed, or about to be
  int from = -1;  // of From
  std::string_view registers;
};

inline LogLine read_line(std::string_view line) {
  LogLine r;
  int a = 0, b = 0;
  const std::string text(line);
  if (std::sscanf(text.c_str(), "from %d to %d:", &a, &b) == 2) {
    const std::string_view rest = line.substr(line.find(':') + 1);
    return {rest == " safe" ? LogLine::Safe : LogLine::From, b, a, rest};
  }
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), a);
  const std::string_view rest = line.substr(size_t(end - line.data()));
  if (error != std::errc() || !rest.starts_with(": ")) return r;
  if (rest == ": safe") return {LogLine::Safe, a, -1, {}};
  if (rest[2] == 'R') return {LogLine::State, a, -1, rest.substr(1)};
  if (rest[2] != '(') return r;
  const size_t semicolon = rest.find(';');
  return {LogLine::Executed, a, -1, semicolon == rest.npos ? std::string_view() : rest.substr(semicolon + 1)};
}

}  // namespace skep::domain
