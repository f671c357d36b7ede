// Line of assembly -> tokens.
#include "isa/lexer.h"

#include <cerrno>
#include <charconv>

#include <fmt/format.h>

namespace skep::isa {
namespace {

// Longest first, so that the first that fits is the right one.
constexpr std::string_view kSymbols[] = {
    "s>>=", "<<=", ">>=", "s/=", "s%=", "s>=", "s<=", "==", "!=", ">=", "<=", "+=", "-=", "*=", "/=", "|=", "&=",
    "%=",   "^=",  "s>",  "s<",  "=",   "<",   ">",   "&",  "+",  "-",  "*",  "(",  ")",  "[",  "]",  ",",  "#",
};

std::string_view symbol_at(std::string_view rest) {
  for (std::string_view symbol : kSymbols)
    if (rest.starts_with(symbol)) return symbol;
  return {};
}

// Text of the longest number at the start of `rest`; `value` false if it does not fit u64 or has no digits.
struct NumberText {
  std::string_view text;
  u64 value = 0;
  bool ok = false;
};

NumberText number_at(std::string_view rest) {
  bool hex = rest.starts_with("0x");
  const char* first = rest.data() + (hex ? 2 : 0);
  NumberText number;
  auto [end, error] = std::from_chars(first, rest.data() + rest.size(), number.value, hex ? 16 : 10);
  number.text = rest.substr(0, end - rest.data());
  number.ok = error == std::errc();
  return number;
}

std::string_view word_at(std::string_view rest) {
  size_t n = 0;
  while (n < rest.size() && is_word_char(rest[n])) n++;
  return rest.substr(0, n);
}

// The token at the start of `rest`, which is not empty and does not start with a blank; kind End if there is none.
Token token_at(std::string_view rest) {
  if (is_digit(rest[0])) {
    NumberText number = number_at(rest);
    return {number.ok ? Token::Kind::Number : Token::Kind::End, number.text, number.value};
  }
  // Before words: "s>" starts with a letter.
  if (std::string_view symbol = symbol_at(rest); !symbol.empty()) return {Token::Kind::Symbol, symbol};
  if (is_word_start(rest[0])) return {Token::Kind::Word, word_at(rest)};
  return {};
}

}  // namespace

Result<std::vector<Token>> lex(std::string_view line) {
  std::vector<Token> tokens;
  while (true) {
    while (!line.empty() && (line[0] == ' ' || line[0] == '\t' || line[0] == '\r')) line.remove_prefix(1);
    if (line.empty()) break;
    Token token = token_at(line);
    if (token.kind == Token::Kind::End) return error_status(EINVAL, fmt::format("cannot read '{}'", line));
    tokens.push_back(token);
    line.remove_prefix(token.text.size());
  }
  tokens.push_back({});
  return tokens;
}

}  // namespace skep::isa
