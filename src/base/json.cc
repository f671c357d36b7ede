// Escapes, commas and line breaks of JSON.
#include "base/json.h"

#include <cmath>
#include <utility>

#include "base/check.h"

namespace skep {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD in UTF-8

bool is_continuation(char c) { return (u8(c) & 0xc0) == 0x80; }

// Bytes of the well-formed UTF-8 sequence that `text` begins with (Unicode 15, table 3-7), 0 if it begins with none.
size_t utf8_length(std::string_view text) {
  const u8 lead = u8(text[0]);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i)
    if (!is_continuation(text[i])) return 0;
  const u8 second = u8(text[1]);
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool surrogate = lead == 0xed && second >= 0xa0;
  const bool too_large = lead == 0xf4 && second >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

void append_control(std::string& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: out += "\\u00", out += kHex[u8(c) >> 4], out += kHex[u8(c) & 15]; return;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0)
      out += kReplacement;
    else if (u8(text[0]) < 0x20 || text[0] == 0x7f)
      append_control(out, text[0]);
    else if (text[0] == '"' || text[0] == '\\')
      out += '\\', out += text[0];
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace

std::string json_quote(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  SKEP_CHECK(!after_key_ && !closings_.empty() && closings_.back() == '}');
  if (needs_comma_) out_ += ',';
  new_line();
  append_quoted(out_, name);
  out_ += indent_ == 0 ? ":" : ": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  const u64 tenths = u64(std::llround(number * 10));
  return raw(std::to_string(tenths / 10) + "." + std::to_string(tenths % 10));
}

JsonWriter& JsonWriter::value(std::string_view text) {
  before_value();
  append_quoted(out_, text);
  needs_comma_ = true;
  return *this;
}

std::string JsonWriter::take() {
  SKEP_CHECK(closings_.empty() && !after_key_);
  needs_comma_ = false;
  return std::exchange(out_, {});
}

JsonWriter& JsonWriter::open(char opening, char closing) {
  before_value();
  out_ += opening;
  closings_ += closing;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char closing) {
  SKEP_CHECK(!after_key_ && !closings_.empty() && closings_.back() == closing);
  closings_.pop_back();
  if (needs_comma_) new_line();  // nothing inside: {} and [] stay on their line
  out_ += closing;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view token) {
  before_value();
  out_ += token;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  SKEP_CHECK(closings_.empty() ? !needs_comma_ : closings_.back() == ']');
  if (needs_comma_) out_ += ',';
  new_line();
}

void JsonWriter::new_line() {
  if (indent_ == 0 || out_.empty()) return;
  out_ += '\n';
  out_.append(closings_.size() * indent_, ' ');
}

}  // namespace skep
