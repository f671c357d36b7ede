// See advice.h.
#include "cli/advice.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "cli/mend.h"
#include "cli/patch.h"
#include "diag/words.h"

namespace skep::cli {
namespace {

constexpr int kMaxCompilations = 10;  // of one program's copies: people wait

bool is_source(const std::string& path) { return path.ends_with(".c"); }

bool is_tried(const std::string& help) {
  return help.starts_with("with this change ") || help.starts_with("with these changes ");
}

// In front of what was thought of.
void put_first(std::vector<std::string>& help, std::string words) {
  constexpr std::string_view kNotTried = " (not verified)";
  for (std::string& other : help)
    if (!is_tried(other) && !other.ends_with(kNotTried)) other += kNotTried;
  help.insert(help.begin(), std::move(words));
}

// What the message is about says what to do about it, where nothing was tried.
void think(std::vector<std::string>& help, const std::string& message) {
  if (std::string words = diag::help_of(code_of_message(message)); !words.empty()) help.push_back(std::move(words));
}

void tell(object::ProgramResult& result, const std::string& words, u32 changes, diag::SourcePatch patch) {
  const std::string_view said =
      changes > 1 ? "with these changes the program loads: " : "with this change the program loads: ";
  std::vector<std::string>& help = result.explanations.empty() ? result.help : result.explanations.front().help;
  // What was tried on the instructions alone, this stands in for.
  const bool was_tried = !result.explanations.empty() && !result.explanations.front().fixes.empty();
  if (was_tried) help.erase(help.begin());
  put_first(help, std::string(said) + words);
  (result.explanations.empty() ? result.patch : result.explanations.front().patch) = std::move(patch);
}

}  // namespace

void Advice::add(const object::ObjectFile& object, size_t index, const object::CheckOptions& options,
                 object::LogBuffer& buffer, object::ProgramResult& result) const {
  if (!backend) return;
  if (is_source(object.label)) {
    Mender mender(object.label, compile, backend, options, kMaxCompilations);
    const auto given = mender.given();
    Mended mended = given ? mender.mend(*given, result) : Mended();
    if (!mended.source.empty())
      return tell(result, mended.words, mended.changes, patch_between(object.label, *given, mended.source));
  }
  if (result.explanations.empty()) think(result.help, result.message);
  if (!result.explanations.empty() && result.explanations.front().fixes_load) return;
  for (const auto& [capability, kernel] : with) {
    if (!object::check_program(object, index, *kernel, options, buffer).accepted()) continue;
    std::string name = "CAP_" + capability;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    return tell(result, "give the loader " + name, 1, {});
  }
}

void Advice::add(FileResult& file) const {
  if (!backend) return;
  think(file.help, file.message);
  if (!is_source(file.file)) return;
  Mender mender(file.file, compile, backend, {}, kMaxCompilations);
  const auto given = mender.given();
  Mended mended = given ? mender.mend_object(*given, file.message) : Mended();
  if (mended.source.empty()) return;
  put_first(file.help, "with this change libbpf can open it: " + mended.words);
  file.patch = patch_between(file.file, *given, mended.source);
}

}  // namespace skep::cli
