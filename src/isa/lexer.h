// The tokens of one line of assembly.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/types.h"

namespace skep::isa {

struct Token {
  enum class Kind : u8 { Word, Number, Symbol, End };
  Kind kind = Kind::End;
  std::string_view text;  // as written; views into the source
  u64 number = 0;         // of a Number

  bool is(std::string_view s) const { return kind != Kind::End && text == s; }
  bool is_hex() const { return kind == Kind::Number && text.starts_with("0x"); }
};

// Words are names (letters, digits, '_', '.', '$'), numbers are decimal or 0x..., unsigned; everything else is an
// operator, the longest that fits ("s>>=" before "s>"). The last token is End. EINVAL with the reason on a character or
// number that is neither.
Result<std::vector<Token>> lex(std::string_view line);

constexpr bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '$';
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word_char(char c) { return is_word_start(c) || is_digit(c); }

}  // namespace skep::isa
