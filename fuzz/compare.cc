// See compare.h.
#include "fuzz/compare.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

namespace skep::fuzz {
namespace {

std::string answer_text(const Answer& a) {
  return a.error == 0 ? std::string("accepted") : fmt::format("errno {}: {}", a.error, a.last);
}

std::string_view next_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

Difference of_counts(const Answer& live, const Answer& skep) {
  const Counts &a = live.counts, &b = skep.counts;
  const auto text = [](const char* what, u32 n) { return fmt::format("{} {}", what, n); };
  if (a.insns != b.insns) return {Kind::Insns, text("insns", a.insns), text("insns", b.insns)};
  if (a.total_states != b.total_states)
    return {Kind::TotalStates, text("total_states", a.total_states), text("total_states", b.total_states)};
  if (a.peak_states != b.peak_states)
    return {Kind::PeakStates, text("peak_states", a.peak_states), text("peak_states", b.peak_states)};
  if (a != b)
    return {Kind::OtherCounts, text("max_states", a.max_states_per_insn), text("max_states", b.max_states_per_insn)};
  return {};
}

}  // namespace

const char* kind_name(Kind kind) {
  static constexpr const char* kNames[] = {"none",        "verdict",      "errno",       "message",
                                           "insns",       "total_states", "peak_states", "other_counts",
                                           "stack_depth", "log",          "crash"};
  return kNames[size_t(kind)];
}

Difference compare(const Answer& live, const Answer& skep) {
  if ((live.error == 0) != (skep.error == 0)) return {Kind::Verdict, answer_text(live), answer_text(skep)};
  if (live.error != skep.error) return {Kind::Errno, answer_text(live), answer_text(skep)};
  if (live.error && live.last != skep.last) return {Kind::Message, answer_text(live), answer_text(skep)};
  const Difference counts = of_counts(live, skep);
  if (counts.kind != Kind::None) return counts;
  if (live.stack_depth != skep.stack_depth) return {Kind::StackDepth, live.stack_depth, skep.stack_depth};
  Difference log;
  if (live.log != skep.log) {
    log.kind = Kind::Log;
    first_difference(live, skep, log);
  }
  return log;
}

void first_difference(const Answer& live, const Answer& skep, Difference& out) {
  std::string_view a = live.log, b = skep.log;
  while (!a.empty() || !b.empty()) {
    const std::string_view la = next_line(a), lb = next_line(b);
    if (la == lb) continue;
    out.live = la;
    out.skep = lb;
    return;
  }
}

std::string normalised(const std::string& line) {
  std::string out;
  for (size_t i = 0; i < line.size();) {
    const bool digit = std::isdigit(static_cast<unsigned char>(line[i]));
    if (!digit) {
      out += line[i++];
      continue;
    }
    while (i < line.size() && (std::isxdigit(static_cast<unsigned char>(line[i])) || line[i] == 'x')) i++;
    if (!out.empty() && out.back() == '-') out.pop_back();
    out += 'N';
  }
  return out;
}

std::string group_of(const Difference& d) {
  return fmt::format("{} | {} | {}", kind_name(d.kind), normalised(d.live), normalised(d.skep));
}

}  // namespace skep::fuzz
