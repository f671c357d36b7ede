// The table of kinds, made from kinds.def, and what must hold of every row: checked when this file is compiled.
#include "diag/rejection.h"

#include <algorithm>

#include "base/check.h"

namespace skep::diag {
namespace {

constexpr KindRow kRows[] = {
#define SKEP_DIAG(name, code, error, text, fields) {#name, code, error, text, fields},
#include "diag/kinds.def"
#undef SKEP_DIAG
};
static_assert(std::size(kRows) == size_t(Kind::kCount));

// {} and {:...} are placeholders, {{ and }} are not.
constexpr int placeholder_count(std::string_view text) {
  int count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '{') continue;
    if (i + 1 < text.size() && text[i + 1] == '{')
      ++i;
    else
      ++count;
  }
  return count;
}

constexpr int field_count(std::string_view fields) {
  return fields.empty() ? 0 : int(1 + std::count(fields.begin(), fields.end(), ','));
}

constexpr bool fields_match() {
  for (const KindRow& row : kRows)
    if (placeholder_count(row.text) != field_count(row.fields)) return false;
  return true;
}
static_assert(fields_match(), "kinds.def: a row has more or fewer field names than placeholders");

constexpr bool errors_are_positive() {
  return std::all_of(std::begin(kRows), std::end(kRows), [](const KindRow& row) { return row.error > 0; });
}
static_assert(errors_are_positive());

}  // namespace

const KindRow& kind_row(Kind kind) {
  SKEP_CHECK(kind < Kind::kCount);
  return kRows[size_t(kind)];
}

std::optional<Kind> find_kind(std::string_view name) {
  for (size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].name == name) return Kind(i);
  return std::nullopt;
}

std::vector<std::string_view> field_names(Kind kind) {
  std::vector<std::string_view> names;
  std::string_view rest = kind_row(kind).fields;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    names.push_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

}  // namespace skep::diag
