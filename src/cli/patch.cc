// See patch.h.
#include "cli/patch.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/source_text.h"

namespace skep::cli {
namespace {

// Lines that both have, in order: the longest such sequence. Patches are short, so only what is between the common
// beginning and end is compared in full.
struct Step {
  char sign;  // ' ', '-' or '+'
  const std::string* line;
};

std::vector<Step> steps_between(const Lines& a, const Lines& b) {
  size_t head = 0, tail = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  const size_t n = a.size() - head - tail, m = b.size() - head - tail;
  std::vector<std::vector<u32>> common(n + 1, std::vector<u32>(m + 1));
  for (size_t i = n; i-- > 0;)
    for (size_t j = m; j-- > 0;)
      common[i][j] =
          a[head + i] == b[head + j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<Step> steps;
  for (size_t i = 0; i < head; ++i) steps.push_back({' ', &a[i]});
  for (size_t i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && a[head + i] == b[head + j])
      steps.push_back({' ', &a[head + i++]}), ++j;
    else if (i < n && (j == m || common[i + 1][j] >= common[i][j + 1]))
      steps.push_back({'-', &a[head + i++]});
    else
      steps.push_back({'+', &b[head + j++]});
  }
  for (size_t i = a.size() - tail; i < a.size(); ++i) steps.push_back({' ', &a[i]});
  return steps;
}

}  // namespace

diag::SourcePatch patch_between(std::string_view path, std::string_view before, std::string_view after) {
  const Lines a = split_lines(before), b = split_lines(after);
  diag::SourcePatch patch{std::string(path), {}};
  u32 line = 1;
  bool open = false;
  for (const Step& step : steps_between(a, b)) {
    if (step.sign != ' ' && !open) patch.hunks.push_back({line, {}, {}});
    open = step.sign != ' ';
    if (step.sign == '-') patch.hunks.back().removed.push_back(*step.line);
    if (step.sign == '+') patch.hunks.back().added.push_back(*step.line);
    line += step.sign != '+';
  }
  return patch;
}

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  constexpr size_t kAround = 3;
  const Lines a = split_lines(before), b = split_lines(after);
  const std::vector<Step> steps = steps_between(a, b);
  std::string out;
  size_t old_line = 1, new_line = 1, at = 0;
  const auto changed = [&](size_t from) {
    return size_t(std::find_if(steps.begin() + std::ptrdiff_t(std::min(from, steps.size())), steps.end(),
                               [](const Step& s) { return s.sign != ' '; }) -
                  steps.begin());
  };
  for (size_t first = changed(0); first < steps.size();) {
    const size_t begin = std::max(at, first > kAround ? first - kAround : 0);
    size_t end = first + 1;
    for (size_t next = first; next < steps.size() && next <= end + 2 * kAround; next = changed(end)) end = next + 1;
    const size_t last = std::min(end + kAround, steps.size());
    old_line += begin - at, new_line += begin - at;
    std::string body;
    size_t old_count = 0, new_count = 0;
    for (size_t i = begin; i < last; ++i) {
      body += steps[i].sign + *steps[i].line + "\n";
      old_count += steps[i].sign != '+';
      new_count += steps[i].sign != '-';
    }
    out += fmt::format("@@ -{},{} +{},{} @@\n{}", old_line, old_count, new_line, new_count, body);
    old_line += old_count, new_line += new_count;
    at = last;
    first = changed(last);
  }
  return out.empty() ? out : fmt::format("--- a/{0}\n+++ b/{0}\n{1}", path, out);
}

}  // namespace skep::cli
