// A rejection as one typed value: which kind (kinds.def), its facts, its errno. The kernel's line, the JSON and later
// renderings are all made from it, so they cannot drift apart. The texts are the kernel's interface, byte for byte.
#pragma once

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/types.h"

namespace skep::diag {

enum class Kind : u16 {
#define SKEP_DIAG(name, code, error, text, fields) name,
#include "diag/kinds.def"
#undef SKEP_DIAG
  kCount,
};

// One type per kind, so that `reject(log, diag::RegNotReadable{}, regno)` is checked against its text at compile time.
#define SKEP_DIAG(name, code_, error_, text_, fields_) \
  struct name {                                        \
    static constexpr Kind kKind = Kind::name;          \
    static constexpr int kError = error_;              \
    static constexpr std::string_view kText{text_};    \
  };
#include "diag/kinds.def"
#undef SKEP_DIAG

struct KindRow {
  std::string_view name;    // "RegNotReadable"
  std::string_view code;    // "E0104": of its cause, see cause.h
  int error;                // positive errno
  std::string_view text;    // the kernel's format, as {fmt} writes it
  std::string_view fields;  // names of its facts in order, comma separated
};
const KindRow& kind_row(Kind kind);
// By name ("RegNotReadable"); nothing if there is no such kind.
std::optional<Kind> find_kind(std::string_view name);
std::vector<std::string_view> field_names(Kind kind);  // as many as the text has placeholders

using Fact = std::variant<s64, u64, std::string>;

struct Rejection {
  Kind kind;
  int error = 0;  // positive errno of the verdict
  std::vector<Fact> facts;
  std::string line;  // the kernel's line(s) as printed, newline included
};

namespace internal {
template <typename T>
Fact to_fact(const T& v) {
  if constexpr (std::is_enum_v<T>)
    return Fact(s64(v));
  else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>)
    return Fact(s64(v));
  else if constexpr (std::is_integral_v<T>)
    return Fact(u64(v));
  else
    return Fact(std::string(std::string_view(v)));
}
}  // namespace internal

// The kernel's text of a kind with its facts filled in.
template <typename K, typename... Args>
std::string text_of(K, const Args&... args) {
  return fmt::format(fmt::format_string<const Args&...>(K::kText), args...);
}

template <typename K, typename... Args>
Rejection make_rejection(K kind, const Args&... args) {
  return Rejection{K::kKind, K::kError, {internal::to_fact(args)...}, text_of(kind, args...)};
}

}  // namespace skep::diag
