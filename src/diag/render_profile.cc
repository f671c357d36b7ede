// See profile.h.
#include <algorithm>

#include <fmt/format.h>

#include "diag/profile.h"
#include "diag/render_json.h"

namespace skep::diag {
namespace {

constexpr size_t kMaxLines = 10, kMaxLoops = 4, kMaxPoints = 3, kMaxValues = 4, kMaxShown = 6, kMaxFrom = 3;
constexpr size_t kLeastAlike = 16;    // characters that values begin with to be told once
constexpr double kLeastShare = 0.05;  // of a loop that is told

std::string head(std::string_view text, bool colour) {
  return colour ? fmt::format("\033[1;36m{}\033[0m", text) : std::string(text);
}

double share(u64 part, u64 whole) { return whole ? double(part) / double(whole) : 0; }

std::string percent(u64 part, u64 whole) { return fmt::format("{:.1f} %", 100 * share(part, whole)); }

std::string counted(u64 n, std::string_view what) {
  return fmt::format("{} {}{}", grouped(n), what, n == 1 ? "" : what.ends_with("ch") ? "es" : "s");
}

// How many characters the values begin with alike, in whole words.
size_t alike(const std::vector<std::string>& values, size_t count) {
  size_t end = values.front().size();
  for (size_t i = 1; i < count; i++) {
    const auto differ =
        std::mismatch(values[0].begin(), values[0].begin() + std::ptrdiff_t(end), values[i].begin(), values[i].end());
    end = size_t(differ.first - values[0].begin());
  }
  const size_t space = values[0].rfind(' ', end);
  return count < 2 || space == std::string::npos || end < kLeastAlike ? 0 : space + 1;
}

// What they have in common is said once: "a pointer to the packet + 1, 2, 3".
std::string values_of(const KeptApart& value) {
  std::string words;
  const size_t shown = std::min(value.values.size(), kMaxShown);
  const size_t common = shown ? alike(value.values, shown) : 0;
  for (size_t i = 0; i < shown; i++) words += i ? ", " + value.values[i].substr(common) : value.values[i];
  if (value.distinct <= shown) return words;
  return fmt::format("{}{} ({}{} values)", words, value.values.size() > 1 ? ", ..." : "",
                     value.more ? "more than " : "", grouped(value.distinct));
}

class Writer {
 public:
  Writer(const Profile& profile, const TextStyle& style) : p_(profile), style_(style) {}
  std::string write();

 private:
  std::string where(const Place& place) const;
  std::string short_where(const Place& place) const;
  std::string text_of(const Place& place) const;
  bool is_known(const MeetingPoint& point) const;
  void write_lines();
  void write_loop(const ProfileLoop& loop);
  void write_point(const MeetingPoint& point);
  void write_value(const MeetingPoint& point, const KeptApart& value);
  void write_fact(std::string_view text, u32 indent = 4);
  void write_waiting();

  const Profile& p_;
  const TextStyle& style_;
  std::string out_;
  std::vector<const KeptApart*> told_;  // the first values of the points that were told
};

std::string Writer::where(const Place& place) const {
  if (!place.line) return fmt::format("instruction {} in {}()", place.insn, place.function);
  const std::string_view file = place.file;
  const bool below = !style_.folder.empty() && file.starts_with(style_.folder);
  return fmt::format("{}:{}", below ? file.substr(style_.folder.size()) : file, place.line);
}

// In a table: no more of a long path than a third of a line.
std::string Writer::short_where(const Place& place) const {
  const std::string whole = where(place);
  const size_t room = std::max<size_t>(style_.width / 3, 24);
  if (!place.line || whole.size() <= room) return whole;
  const size_t cut = whole.find('/', whole.size() - room + 3);
  return "..." + whole.substr(cut == whole.npos ? whole.size() - room + 3 : cut);
}

// What stands at a place: its source line, or its instruction.
std::string Writer::text_of(const Place& place) const {
  std::string_view text = place.source.empty() ? place.assembly : place.source;
  const size_t begin = text.find_first_not_of(" \t");
  std::string shown(begin == text.npos ? std::string_view() : text.substr(begin));
  for (char& c : shown)
    if (u8(c) < ' ' || c == 0x7f) c = ' ';
  return shown;
}

void Writer::write_fact(std::string_view text, u32 indent) {
  out_ += std::string(indent - 2, ' ') + "= " + wrapped(text, style_.width, indent, indent) + "\n";
}

void Writer::write_lines() {
  size_t width = 0;
  const size_t shown = style_.verbose ? p_.lines.size() : std::min(p_.lines.size(), kMaxLines);
  for (size_t i = 0; i < shown; i++) width = std::max(width, short_where(p_.lines[i].place).size());
  out_ += fmt::format("{:>8} {:>12} {:>9}  source line\n", "share", "instructions", "states");
  for (size_t i = 0; i < shown; i++) {
    const ProfileLine& line = p_.lines[i];
    std::string row = fmt::format("{:>8} {:>12} {:>9}  {:<{}} | {}", percent(line.insns, p_.insns), grouped(line.insns),
                                  grouped(line.states), short_where(line.place), width, text_of(line.place));
    if (row.size() > style_.width && style_.width > 60) row = row.substr(0, style_.width - 3) + "...";
    out_ += row + "\n";
  }
  u64 insns = 0, states = 0;
  for (size_t i = shown; i < p_.lines.size(); i++) {
    insns += p_.lines[i].insns;
    states += p_.lines[i].states;
  }
  if (shown < p_.lines.size())
    out_ += fmt::format("{:>8} {:>12} {:>9}  {}\n", percent(insns, p_.insns), grouped(insns), grouped(states),
                        counted(p_.lines.size() - shown, "more line"));
}

// A place whose paths differ in what was told of another: the same value, for the same reason.
bool Writer::is_known(const MeetingPoint& point) const {
  return !point.values.empty() && std::any_of(told_.begin(), told_.end(), [&](const KeptApart* value) {
    const KeptApart& first = point.values.front();
    return value->name == first.name && !first.name.empty() && value->because.insn == first.because.insn;
  });
}

void Writer::write_value(const MeetingPoint& point, const KeptApart& value) {
  const bool told = !value.name.empty();
  std::string words = told ? fmt::format("`{}` ({})", value.name, value.location) : value.location;
  words += value.times >= point.apart ? " each time" : fmt::format(" {} times", grouped(value.times));
  if (value.alone == value.times)
    words += ", and nothing else";
  else if (value.alone)
    words += fmt::format(", {} times alone", grouped(value.alone));
  if (!value.values.empty()) words += ": " + values_of(value);
  write_fact(words, 6);
  if (value.because.insn >= 0)
    write_fact(fmt::format("its exact value matters to {}: `{}`", where(value.because), text_of(value.because)), 8);
  size_t left_out = 0;
  for (size_t i = 0; i < value.from.size(); i++) {
    const Event& event = value.from[i];
    const Place& place = event.place;
    if (!style_.verbose && i >= kMaxFrom && i + 1 < value.from.size()) {
      left_out++;
      continue;
    }
    if (left_out) write_fact(fmt::format("{} (--explain-verbose)", counted(left_out, "more step")), 8);
    left_out = 0;
    write_fact(fmt::format("{}: {}",
                           place.line ? fmt::format("line {}", place.line) : fmt::format("instruction {}", place.insn),
                           event.label),
               8);
  }
}

void Writer::write_point(const MeetingPoint& point) {
  std::string words = fmt::format("at {} (instruction {}) {} met states that were there and did not merge",
                                  where(point.place), point.place.insn, counted(point.apart, "path"));
  if (point.merged) words += fmt::format("; {} did", grouped(point.merged));
  words += point.values.empty() ? "" : "; different were";
  write_fact(words);
  if (point.unfinished * 2 > point.apart)
    write_fact("nothing that differs matters yet, but the earlier rounds are still being followed, so this one is, too",
               6);
  for (size_t i = 0; i < point.values.size() && i < kMaxValues; i++) write_value(point, point.values[i]);
  if (!point.values.empty()) told_.push_back(&point.values.front());
}

void Writer::write_loop(const ProfileLoop& loop) {
  out_ += head(fmt::format("loop at {}", where(loop.statement)), style_.colour) +
          fmt::format(" in {}(), from instruction {}: {} of the instructions, {}\n", loop.head.function, loop.head.insn,
                      percent(loop.insns, p_.insns), counted(loop.rounds, "round"));
  out_ += "    | " + text_of(loop.statement) + "\n";
  if (loop.point >= 0) write_point(p_.points[size_t(loop.point)]);
}

// What waits at one line of the source is told together.
void Writer::write_waiting() {
  std::vector<std::pair<std::string, u64>> places;
  for (const WaitingBranches& waiting : p_.waiting) {
    std::string place = fmt::format("{} | {}", where(waiting.place), text_of(waiting.place));
    const auto told = std::find_if(places.begin(), places.end(), [&](const auto& p) { return p.first == place; });
    if (told != places.end())
      told->second += waiting.count;
    else
      places.emplace_back(std::move(place), waiting.count);
  }
  for (size_t i = 0; i < places.size() && i < kMaxPoints; i++)
    out_ += fmt::format("{} at {}\n", head(counted(places[i].second, "branch") + " not yet followed", style_.colour),
                        places[i].first);
}

std::string Writer::write() {
  out_ = head(fmt::format("profile of {}()", p_.function), style_.colour) +
         fmt::format(": {}{} followed, {} saved, {} ended in one of them\n", p_.complete ? "" : "the first ",
                     counted(p_.insns, "instruction"), counted(p_.states, "state"), counted(p_.merged, "path"));
  write_lines();
  std::vector<bool> told(p_.points.size());
  size_t loops = 0;
  for (const ProfileLoop& loop : p_.loops) {
    if (loops == kMaxLoops || share(loop.insns, p_.insns) < kLeastShare || loop.rounds < 2) continue;
    if (loop.point >= 0 && told[size_t(loop.point)]) continue;
    loops++;
    write_loop(loop);
    if (loop.point >= 0) told[size_t(loop.point)] = true;
  }
  size_t points = 0;
  for (size_t i = 0; i < p_.points.size() && points < kMaxPoints; i++) {
    if (told[i] || (!style_.verbose && is_known(p_.points[i]))) continue;
    if (!points++) out_ += head("where paths meet", style_.colour) + "\n";
    write_point(p_.points[i]);
  }
  write_waiting();
  for (const std::string& help : p_.failed ? std::vector<std::string>() : p_.help)  // why it fails says that, too
    out_ += head("help", style_.colour) + ": " + wrapped(help, style_.width, 6, 6) + "\n";
  return std::move(out_);
}

// --- JSON -----------------------------------------------------------------------------------------------------------

void write_value(JsonWriter& json, const KeptApart& value) {
  json.begin_object().member("location", value.location);
  if (!value.name.empty()) json.member("name", value.name);
  json.member("times", value.times).member("alone", value.alone).key("values").begin_array();
  for (const std::string& text : value.values) json.value(text);
  json.end_array().member("distinct", value.distinct).member("more", value.more).member("precise", value.precise);
  if (value.because.insn >= 0) {
    json.key("because").begin_object();
    write_json(json, value.because);
    json.end_object();
  }
  json.key("from").begin_array();
  for (const Event& event : value.from) write_json(json, event);
  json.end_array().end_object();
}

void write_point(JsonWriter& json, const MeetingPoint& point) {
  json.begin_object();
  write_json(json, point.place);
  json.member("visits", point.visits).member("states", point.states).member("merged", point.merged);
  json.member("apart", point.apart).member("unfinished", point.unfinished).key("values").begin_array();
  for (const KeptApart& value : point.values) write_value(json, value);
  json.end_array().end_object();
}

void write_loop(JsonWriter& json, const ProfileLoop& loop, u64 whole) {
  json.begin_object().member("insns", loop.insns).member("share", 100 * share(loop.insns, whole));
  json.member("states", loop.states).member("rounds", loop.rounds).member("last_insn", loop.end.insn);
  json.key("statement").begin_object();
  write_json(json, loop.statement);
  json.end_object();
  if (loop.inside >= 0) json.member("inside", loop.inside);
  if (loop.point >= 0) json.member("point", loop.point);
  write_json(json, loop.head);
  json.end_object();
}

}  // namespace

std::string grouped(u64 n) {
  std::string digits = std::to_string(n);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string apart_words(const KeptApart& value) {
  const std::string name = value.name.empty() ? value.location : fmt::format("`{}`", value.name);
  return fmt::format("{} is different{}: {}", name, value.distinct > 2 ? " each time" : "", values_of(value));
}

std::string to_text(const Profile& profile, const TextStyle& style) { return Writer(profile, style).write(); }

void write_json(JsonWriter& json, const Profile& p) {
  json.begin_object().member("function", p.function).member("insns", p.insns).member("complete", p.complete);
  json.member("states", p.states).member("merged", p.merged).key("lines").begin_array();
  for (const ProfileLine& line : p.lines) {
    json.begin_object().member("insns", line.insns).member("share", 100 * share(line.insns, p.insns));
    json.member("states", line.states).member("merged", line.merged);
    write_json(json, line.place);
    json.end_object();
  }
  json.end_array().key("loops").begin_array();
  for (const ProfileLoop& loop : p.loops) write_loop(json, loop, p.insns);
  json.end_array().key("points").begin_array();
  for (const MeetingPoint& point : p.points) write_point(json, point);
  json.end_array().key("waiting").begin_array();
  for (const WaitingBranches& waiting : p.waiting) {
    json.begin_object().member("branches", waiting.count);
    write_json(json, waiting.place);
    json.end_object();
  }
  json.end_array().key("help").begin_array();
  for (const std::string& help : p.help) json.value(help);
  json.end_array().end_object();
}

}  // namespace skep::diag
