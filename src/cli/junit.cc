// JUnit's XML: what CI servers show as tests.
#include <algorithm>

#include "cli/formats.h"
#include "diag/render_text.h"

namespace skep::cli {
namespace {

// For attributes and text. Characters that XML 1.0 does not have become '?'.
std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += u8(c) < ' ' && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string body_of(const object::ProgramResult& program) {
  std::string body;
  for (const diag::Explanation& e : program.explanations) body += diag::to_text(e, {}) + "\n";
  return body.empty() ? program.message : body;
}

void add_case(std::string& out, const FileResult& file, const object::ProgramResult& program) {
  constexpr double kMicroseconds = 1e-6;
  out += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\"", xml(file.file), xml(program.name),
                     double(program.time_us) * kMicroseconds);
  if (program.accepted()) {
    out += "/>\n";
    return;
  }
  const std::string title = program.explanations.empty() ? program.message : program.explanations.front().title;
  const char* element = program.rejected() ? "failure" : "error";
  out += fmt::format(">\n      <{} message=\"{}\" type=\"{}\">{}</{}>\n    </testcase>\n", element, xml(title),
                     program.code.empty() ? program.verdict() : program.code, xml(body_of(program)), element);
}

}  // namespace

std::string as_junit(const std::vector<FileResult>& results, const std::string& kernel) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"skep check, Linux {}\">\n", xml(kernel));
  for (const FileResult& file : results) {
    const auto& programs = file.programs;
    const auto rejected = std::count_if(programs.begin(), programs.end(), [](const auto& p) { return p.rejected(); });
    const auto accepted = std::count_if(programs.begin(), programs.end(), [](const auto& p) { return p.accepted(); });
    const size_t count = programs.size() + (file.error ? 1 : 0);
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n", xml(file.file), count,
                       rejected, count - size_t(rejected) - size_t(accepted));
    if (file.error)
      out += fmt::format(
          "    <testcase classname=\"{0}\" name=\"open\">\n      <error message=\"{1}\"/>\n    </testcase>\n",
          xml(file.file), xml(file.message));
    for (const auto& program : programs) add_case(out, file, program);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace skep::cli
