// The table of causes, made from causes.def, and which of them a rejection has.
#include "diag/cause.h"

#include <algorithm>

#include "base/check.h"
#include "diag/cause_by_fact.h"

namespace skep::diag {
namespace {

#define SKEP_AREA(prefix, name)
#define SKEP_CAUSE(code, title) {code, title},
constexpr CauseRow kCauses[] = {
#include "diag/causes.def"
};
#undef SKEP_AREA
#undef SKEP_CAUSE

struct Area {
  std::string_view prefix, name;
};
#define SKEP_AREA(prefix, name) {prefix, name},
#define SKEP_CAUSE(code, title)
constexpr Area kAreas[] = {
#include "diag/causes.def"
};
#undef SKEP_AREA
#undef SKEP_CAUSE

#define SKEP_CAUSE_BY_FACT(kind, field, pattern, code) {Kind::kind, field, pattern, code},
constexpr CauseByFact kByFact[] = {
#include "diag/causes_by_fact.def"
};
#undef SKEP_CAUSE_BY_FACT

// Codes are "E", two digits of the area, two of the cause in it, in ascending order: so none is there twice.
constexpr bool codes_ascend() {
  std::string_view previous = "E0000";
  for (const CauseRow& row : kCauses) {
    if (row.code.size() != 5 || row.code <= previous) return false;
    previous = row.code;
  }
  return true;
}
static_assert(codes_ascend(), "causes.def: a code is malformed, there twice, or not behind the smaller ones");

constexpr const CauseRow* find(std::string_view code) {
  for (const CauseRow& row : kCauses)
    if (row.code == code) return &row;
  return nullptr;
}

constexpr bool facts_have_causes() {
  return std::all_of(std::begin(kByFact), std::end(kByFact),
                     [](const CauseByFact& row) { return find(row.code) != nullptr; });
}
static_assert(facts_have_causes(), "causes_by_fact.def: a code that causes.def does not have");

std::string as_printed(const Fact& fact) {
  if (const s64* number = std::get_if<s64>(&fact)) return std::to_string(*number);
  if (const u64* number = std::get_if<u64>(&fact)) return std::to_string(*number);
  return std::get<std::string>(fact);
}

}  // namespace

std::span<const CauseRow> causes() { return kCauses; }

const CauseRow* find_cause(std::string_view code) { return find(code); }

std::string_view area_of(std::string_view code) {
  for (const Area& area : kAreas)
    if (code.starts_with(area.prefix)) return area.name;
  return {};
}

std::span<const CauseByFact> causes_by_fact() { return kByFact; }

bool matches_glob(std::string_view text, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == pattern.npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (size_t at = star; at <= text.size(); ++at)
    if (matches_glob(text.substr(at), pattern.substr(star + 1))) return true;
  return false;
}

const CauseRow& cause_of(Kind kind) {
  const CauseRow* cause = find(kind_row(kind).code);
  SKEP_CHECK(cause != nullptr);
  return *cause;
}

const CauseRow& cause_of(Kind kind, std::span<const std::string> facts) {
  const std::vector<std::string_view> names = field_names(kind);
  for (const CauseByFact& row : kByFact) {
    if (row.kind != kind) continue;
    const size_t at = size_t(std::find(names.begin(), names.end(), row.field) - names.begin());
    if (at < facts.size() && matches_glob(facts[at], row.pattern)) return *find(row.code);
  }
  return cause_of(kind);
}

const CauseRow& cause_of(const Rejection& rejection) {
  std::vector<std::string> facts;
  for (const Fact& fact : rejection.facts) facts.push_back(as_printed(fact));
  return cause_of(rejection.kind, facts);
}

}  // namespace skep::diag
