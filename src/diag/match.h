// From a text back to its cause: lines that the kernel or libbpf printed, of this kernel or an older one, and whole
// logs. A guess by words alone, for people who paste them; what skep itself refuses has its cause in the Rejection.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diag/cause.h"

namespace skep::diag {

enum class TextSource : u8 { Verifier, Older, Btf, CoreRelo, Kernel, Libbpf, Errno };

struct TextMatch {
  const CauseRow* cause = nullptr;
  TextSource source = TextSource::Verifier;
  std::optional<Kind> kind;                                     // Verifier
  std::string_view pattern;                                     // as in the table it is from
  std::string_view kernels;                                     // Older: "until 5.17"
  std::vector<std::pair<std::string_view, std::string>> facts;  // Verifier: name and words
  std::string_view line;                                        // the matched line, a view of what was given
};
// "Linux 6.18", "older kernels (until 5.17)", "libbpf": who says a text of this source.
std::string who_says(const TextMatch& match);

// The text that says most of this line. Whatever stands before the words ("libbpf: ", "12: ", a time) may be there.
std::optional<TextMatch> match_line(std::string_view line);

struct LogReading {
  std::optional<TextMatch> decides;                                  // the line that says why
  std::optional<TextMatch> summary;                                  // the line behind it that only sums up
  std::vector<std::pair<std::string_view, std::string_view>> noise;  // lines that read like reasons, and what they are
};
// A whole log of the verifier or the output of a loader: the last line that says why, lines that only look so.
LogReading read_log(std::string_view text);

// Every text of every table that belongs to this cause, with its source: for pages and their tests.
std::vector<TextMatch> texts_of(const CauseRow& cause);
// Texts that contain these words, for people who remember only a part.
std::vector<TextMatch> texts_with(std::string_view words);

}  // namespace skep::diag
