// Which line of a whole log says why. The verifier prints its reason last, before the statistics; a loader wraps the
// log into its own lines.
#include <algorithm>
#include <cctype>

#include "diag/match.h"

namespace skep::diag {
namespace {

struct Noise {
  std::string_view pattern, what;
};
#define SKEP_NOISE(pattern, what) {pattern, what},
constexpr Noise kNoise[] = {
#include "diag/noise.def"
};
#undef SKEP_NOISE

constexpr size_t kLinesLookedAt = 200;  // from the end, and before the walk: reasons are not further away
constexpr size_t kLinesOfAReason = 3;
constexpr std::string_view kBeforeTheWalk = "said while the main program's prototype was tried; the verifier went on";

// Whether a line of this kind sums up the reason that was printed just before it, if there was one (the verifier keeps
// that one as its rejection: verifier/summary.h).
bool is_summary(Kind kind) {
  switch (kind) {
    case Kind::InvalidCtxAccess:
    case Kind::CallerInvalidArgs:
    case Kind::MapTypeNotForFunc:
    case Kind::MemLenPair:
    case Kind::DynptrNotUninit:
    case Kind::DynptrNotInit:
    case Kind::IterNotUninit:
    case Kind::IterNotInit:
    case Kind::IrqFlagNotUninit:
    case Kind::IrqFlagNotInit:
    case Kind::KfuncBtfNotFound:
    case Kind::KfuncCallbackFailed: return true;
    default: return false;
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// What follows "12: ", or nothing.
std::string_view after_number(std::string_view line) {
  const size_t digits = line.find_first_not_of("0123456789");
  if (digits == 0 || digits == line.npos || !line.substr(digits).starts_with(": ")) return {};
  return line.substr(digits + 2);
}

// "R1=ctx() R10=fp0", "R2_w=pkt(...)"
bool is_state(std::string_view line) {
  if (line.size() < 3 || line[0] != 'R' || !std::isdigit(u8(line[1]))) return false;
  const size_t end = line.find_first_not_of("0123456789_wr", 1);
  return end != line.npos && line[end] == '=';
}

// Instructions, source lines, states: most of a log, and never a reason.
bool belongs_to_the_walk(std::string_view line) {
  for (std::string_view start : {"; ", "from ", "last_idx ", "regs=", "parent ", "frame", "caller:", "callee:"})
    if (line.starts_with(start)) return true;
  const std::string_view numbered = after_number(line);
  return is_state(line) || is_state(numbered) || numbered.starts_with("(") || numbered.starts_with("safe");
}

// "0: R1=ctx() R10=fp0", or the first instruction where kernels print no state before it.
bool starts_a_walk(std::string_view line) { return line.starts_with("0: (") || line.starts_with("0: R"); }

std::string_view noise_in(std::string_view line) {
  for (const Noise& noise : kNoise)
    if (matches_glob(line, noise.pattern) || matches_glob(line, std::string(noise.pattern) + "*")) return noise.what;
  return {};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : lines_(lines_of(text)) {}

  LogReading read() {
    find_reason();
    find_noise();
    return std::move(reading_);
  }

 private:
  // From the end: the verifier's last words, else what the loader said, else an errno.
  void find_reason() {
    size_t looked_at = 0;
    for (size_t i = lines_.size(); i-- > 0 && looked_at < kLinesLookedAt;) {
      if (lines_[i].empty() || belongs_to_the_walk(lines_[i]) || !noise_in(lines_[i]).empty()) continue;
      ++looked_at;
      std::optional<TextMatch> match = match_line(lines_[i]);
      if (!match) continue;
      if (is_better(*match)) {
        reading_.decides = std::move(match);
        decides_at_ = i;
      } else if (sums_up(*reading_.decides) && decides_at_ - i <= kLinesOfAReason && is_reason(*match)) {
        reading_.summary = std::move(reading_.decides);
        reading_.decides = std::move(match);
      }
    }
  }

  static bool sums_up(const TextMatch& match) { return match.kind && is_summary(*match.kind); }
  static bool is_reason(const TextMatch& match) {
    return match.source == TextSource::Verifier || match.source == TextSource::Older;
  }
  // 2: the verifier's or the kernel's words, 1: the loader's, 0: an errno alone.
  static int weight(const TextMatch& match) {
    if (match.source == TextSource::Errno) return 0;
    return match.source == TextSource::Libbpf && match.cause->code != "E2301" && match.cause->code != "E2304" ? 1 : 2;
  }
  bool is_better(const TextMatch& match) const {
    return !reading_.decides || weight(match) > weight(*reading_.decides);
  }

  void find_noise() {
    const auto walk = std::find_if(lines_.begin(), lines_.end(), starts_a_walk);
    const size_t walk_at = walk == lines_.end() ? 0 : size_t(walk - lines_.begin());
    for (size_t i = 0; i < lines_.size(); ++i) {
      if (belongs_to_the_walk(lines_[i])) continue;
      if (const std::string_view what = noise_in(lines_[i]); !what.empty())
        add_noise(lines_[i], what);
      else if (i < std::min(walk_at, kLinesLookedAt) && is_verifiers(lines_[i]))
        add_noise(lines_[i], kBeforeTheWalk);
    }
  }
  bool is_verifiers(std::string_view line) const {
    const std::optional<TextMatch> match = match_line(line);
    return match && is_reason(*match) && match->line.data() != reading_.decides->line.data();
  }
  // Once each: a log repeats them by the thousand.
  void add_noise(std::string_view line, std::string_view what) {
    if (reading_.noise.size() >= kLinesLookedAt || what == "statistics") return;
    const bool is_there = std::any_of(reading_.noise.begin(), reading_.noise.end(),
                                      [&](const auto& noise) { return noise.first == line || noise.second == what; });
    if (!is_there) reading_.noise.emplace_back(line, what);
  }

  std::vector<std::string_view> lines_;
  LogReading reading_;
  size_t decides_at_ = 0;
};

}  // namespace

LogReading read_log(std::string_view text) { return Reader(text).read(); }

}  // namespace skep::diag
