// Workflow commands of GitHub Actions: lines on standard output that become annotations of a pull request.
#include "cli/formats.h"

namespace skep::cli {
namespace {

// The message ends at the line's end; a property also at a comma or colon.
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", u8(c)) : std::string(1, c);
  }
  return out;
}

std::string message_of(const diag::Explanation& e) {
  std::string text = e.label;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("{}{}{}", text.empty() ? "" : "\n", name, value);
  };
  add("required: ", e.required);
  add("known: ", e.known_text);
  for (const std::string& help : e.help) add("help: ", help);
  add("kernel: ", e.kernel);
  return text;
}

std::string annotation(const std::string& object, const diag::Explanation& e, const std::string& folder) {
  const diag::Place& place = e.place;
  std::string out = "::error file=" + escaped(below(place.file.empty() ? object : place.file, folder), true);
  if (place.line) out += fmt::format(",line={}", place.line);
  if (place.line && place.in_c && !place.span.empty())
    out += fmt::format(",col={},endColumn={}", place.span.begin + 1, place.span.end);
  out += ",title=" + escaped(fmt::format("{}: {}", e.code(), e.title), true);
  return out + "::" + escaped(message_of(e), false) + "\n";
}

}  // namespace

std::string as_github(const FileResult& result, const std::string& folder) {
  std::string out;
  const std::string file = escaped(below(result.file, folder), true);
  if (result.error) out += fmt::format("::error file={}::{}\n", file, escaped(result.message, false));
  for (const auto& program : result.programs) {
    for (const diag::Explanation& e : program.explanations) out += annotation(result.file, e, folder);
    if (!program.accepted() && program.explanations.empty())
      out += fmt::format("::error file={},title={}::{}\n", file, escaped(program.name, true),
                         escaped(program.message, false));
  }
  return out;
}

}  // namespace skep::cli
