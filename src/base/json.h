// JSON out: a writer that puts the commas and the escapes, so that what is written is valid whatever the strings hold.
// The caller opens and closes what it writes in the right order; a wrong order is a bug of ours (SKEP_CHECK).
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include "base/types.h"

namespace skep {

// `text` between quotes. Control characters are escaped, bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

class JsonWriter {
 public:
  // `indent`: blanks per level, 0 for everything on one line.
  explicit JsonWriter(int indent = 0) : indent_(indent) {}

  JsonWriter& begin_object() { return open('{', '}'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('[', ']'); }
  JsonWriter& end_array() { return close(']'); }
  // Inside an object, before each value.
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool truth) { return raw(truth ? "true" : "false"); }
  // Integers keep all their digits, also above 2^53 where some readers round.
  template <std::integral T>
  JsonWriter& value(T number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double number);  // REQUIRES: number >= 0; one digit behind the point
  JsonWriter& null() { return raw("null"); }

  template <typename T>
  JsonWriter& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  // What was written, once everything is closed.
  std::string take();

 private:
  JsonWriter& open(char opening, char closing);
  JsonWriter& close(char closing);
  JsonWriter& raw(std::string_view token);
  void before_value();
  void new_line();

  int indent_;
  std::string out_;
  std::string closings_;      // what closes each open object or array, outermost first
  bool after_key_ = false;    // a value must follow
  bool needs_comma_ = false;  // the innermost open thing has a value already
};

}  // namespace skep
