// Patterns of every text with a cause, and the one that says most of a line.
#include "diag/match.h"

#include <algorithm>
#include <cctype>

#include "base/check.h"
#include "diag/cause_by_fact.h"

namespace skep::diag {
namespace {

struct TextRow {
  TextSource source;
  std::string_view code, text, kernels;
};
#define SKEP_TEXT(source, code, text) {TextSource::source, code, text, {}},
#define SKEP_OLDER(kernels, code, text) {TextSource::Older, code, text, kernels},
constexpr TextRow kTexts[] = {
#include "diag/older_wordings.def"
#include "diag/texts.def"
};
#undef SKEP_TEXT
#undef SKEP_OLDER

// A shorter piece of a line may be anything; a whole line is taken as short as it is.
constexpr size_t kLeastOfAPiece = 9;

// A pattern as the words between what varies: one more than there are placeholders.
struct Pattern {
  std::vector<std::string> words = {""};
  bool open_end = false;  // more may follow: a text without a newline, or with further lines

  explicit Pattern(std::string_view text) {
    const size_t newline = text.find('\n');
    open_end = newline == text.npos;
    text = text.substr(0, newline);
    for (size_t i = 0; i < text.size(); ++i) {
      const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
      if (text[i] == '{' && !doubled) {
        i = text.find('}', i);
        words.emplace_back();
        continue;
      }
      i += (text[i] == '{' || text[i] == '}') && doubled;
      words.back() += text[i];
    }
  }
  size_t literal_length() const {
    size_t length = 0;
    for (const std::string& part : words) length += part.size();
    return length;
  }
};

// The words of `pattern` from `index` on, against all of `text`; what varies goes to `facts`, as short as possible.
bool matches_from(std::string_view text, const Pattern& pattern, size_t index, std::vector<std::string>& facts) {
  const std::string& words = pattern.words[index];
  if (!text.starts_with(words)) return false;
  text.remove_prefix(words.size());
  if (index + 1 == pattern.words.size()) return text.empty() || pattern.open_end;
  const std::string& next = pattern.words[index + 1];
  const bool last = index + 2 == pattern.words.size() && next.empty();
  for (size_t at = last ? text.size() : 0; at <= text.size(); ++at) {
    at = std::min(text.find(next, at), text.size() + 1);
    if (at > text.size()) return false;
    facts.emplace_back(text.substr(0, at));
    if (matches_from(text.substr(at), pattern, index + 1, facts)) return true;
    facts.pop_back();
  }
  return false;
}

// Where the pattern matches to the end of the line: at its start, or at a later word if enough of it is fixed.
bool matches_line(std::string_view line, const Pattern& pattern, std::vector<std::string>& facts) {
  if (matches_from(line, pattern, 0, facts)) return true;
  const std::string& first = pattern.words[0];
  if (first.empty() || pattern.literal_length() < kLeastOfAPiece) return false;
  for (size_t at = line.find(first, 1); at != line.npos; at = line.find(first, at + 1)) {
    const char before = line[at - 1];
    if (!std::isspace(u8(before)) && before != ':' && before != '"' && before != '`') continue;
    facts.clear();
    if (matches_from(line.substr(at), pattern, 0, facts)) return true;
  }
  return false;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return std::isdigit(u8(c)); });
}

// Registers are numbers: "R1 is of type ..." is no "R{} is ..." with a name of many words.
bool registers_are_numbers(Kind kind, const std::vector<std::string>& facts) {
  const std::vector<std::string_view> names = field_names(kind);
  for (size_t i = 0; i < facts.size(); ++i)
    if (names[i] == "reg" && !is_number(facts[i]) && !facts[i].starts_with("R")) return false;
  return true;
}

TextMatch of_kind(Kind kind, std::vector<std::string> facts) {
  TextMatch match{.cause = &cause_of(kind, facts), .kind = kind, .pattern = kind_row(kind).text};
  const std::vector<std::string_view> names = field_names(kind);
  for (size_t i = 0; i < facts.size(); ++i) match.facts.emplace_back(names[i], std::move(facts[i]));
  return match;
}

TextMatch of_row(const TextRow& row) {
  TextMatch match{.cause = find_cause(row.code), .source = row.source, .pattern = row.text, .kernels = row.kernels};
  SKEP_CHECK(match.cause != nullptr);
  return match;
}

// Blanks, a quote or an escaped newline around a line that was pasted from somewhere.
std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (std::isspace(u8(line.front())) || line.front() == '"')) line.remove_prefix(1);
  while (!line.empty()) {
    if (line.ends_with("\\n"))
      line.remove_suffix(2);
    else if (std::isspace(u8(line.back())) || line.back() == '"')
      line.remove_suffix(1);
    else
      break;
  }
  return line;
}

// The best match so far: the one with most fixed words, and no bare errno if anything else is there.
class Best {
 public:
  // Whether a match of this pattern would be better.
  bool wants(TextSource source, size_t length) const {
    if (!match_) return true;
    if ((source == TextSource::Errno) != (match_->source == TextSource::Errno)) return source != TextSource::Errno;
    return length > length_;
  }
  void take(TextMatch match, size_t length) {
    match_ = std::move(match);
    length_ = length;
  }
  std::optional<TextMatch> result() { return std::move(match_); }

 private:
  std::optional<TextMatch> match_;
  size_t length_ = 0;
};

bool contains(std::string_view text, std::string_view words) {
  auto same = [](char a, char b) { return std::tolower(u8(a)) == std::tolower(u8(b)); };
  return std::search(text.begin(), text.end(), words.begin(), words.end(), same) != text.end();
}

template <typename Take>
void for_every_text(Take take) {
  for (size_t i = 0; i < size_t(Kind::kCount); ++i)
    if (!kind_row(Kind(i)).text.empty()) take(of_kind(Kind(i), {}));
  for (const CauseByFact& row : causes_by_fact()) {
    TextMatch match{.cause = find_cause(row.code), .kind = row.kind, .pattern = kind_row(row.kind).text};
    match.facts.emplace_back(row.field, row.pattern);
    take(std::move(match));
  }
  for (const TextRow& row : kTexts) take(of_row(row));
}

}  // namespace

std::string who_says(const TextMatch& match) {
  switch (match.source) {
    case TextSource::Verifier: return "the verifier of Linux 6.18";
    case TextSource::Older: return fmt::format("the verifier of older kernels ({})", match.kernels);
    case TextSource::Btf: return "the kernel, of type information (BTF)";
    case TextSource::CoreRelo: return "libbpf or the kernel, of a CO-RE relocation";
    case TextSource::Kernel: return "the kernel";
    case TextSource::Libbpf: return "libbpf";
    case TextSource::Errno: return "the loader: nothing but an errno";
  }
  return {};
}

std::optional<TextMatch> match_line(std::string_view line) {
  line = trimmed(line);
  Best best;
  for (size_t i = 0; i < size_t(Kind::kCount); ++i) {
    const KindRow& row = kind_row(Kind(i));
    if (row.text.empty()) continue;
    const Pattern pattern(row.text);
    std::vector<std::string> facts;
    if (!best.wants(TextSource::Verifier, pattern.literal_length()) || !matches_line(line, pattern, facts)) continue;
    if (registers_are_numbers(Kind(i), facts)) best.take(of_kind(Kind(i), std::move(facts)), pattern.literal_length());
  }
  for (const TextRow& row : kTexts) {
    Pattern pattern(row.text);
    pattern.open_end = false;
    std::vector<std::string> facts;
    if (best.wants(row.source, pattern.literal_length()) && matches_line(line, pattern, facts))
      best.take(of_row(row), pattern.literal_length());
  }
  std::optional<TextMatch> match = best.result();
  if (match) match->line = line;
  return match;
}

std::vector<TextMatch> texts_of(const CauseRow& cause) {
  std::vector<TextMatch> found;
  for_every_text([&](TextMatch match) {
    if (match.cause == &cause) found.push_back(std::move(match));
  });
  return found;
}

std::vector<TextMatch> texts_with(std::string_view words) {
  std::vector<TextMatch> found;
  for_every_text([&](TextMatch match) {
    if (contains(match.pattern, words) || contains(match.cause->title, words)) found.push_back(std::move(match));
  });
  return found;
}

}  // namespace skep::diag
