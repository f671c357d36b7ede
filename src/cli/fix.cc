// See fix.h. Program by program: what makes one load is kept for those that come after it.
#include "cli/fix.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "cli/mend.h"
#include "cli/patch.h"
#include "cli/say.h"
#include "cli/verbs.h"

namespace skep::cli {
namespace {

constexpr int kMaxCompilations = 32;  // of one program's copies

// The source with which the program loads as well as those that did before; nothing if there is no such.
std::optional<std::string> mended(Mender& mender, const std::string& source, object::ProgramResult result,
                                  const std::vector<std::string>& loaded) {
  const std::string name = result.name;
  Mended better = mender.mend(source, std::move(result));
  for (const std::string& other : loaded) {
    const auto answer = better.source.empty() ? std::nullopt : mender.check(better.source, other);
    if (better.source.empty() || (answer && answer->accepted())) continue;
    better = {{}, "what makes it load makes " + other + " fail", 0};
  }
  complain(name, (better.source.empty() ? "not mended: " : "loads with the patch: ") + better.words);
  if (better.source.empty()) return std::nullopt;
  return std::move(better.source);
}

// The programs; where libbpf cannot open the object, `source` becomes one that it can, if that is found.
std::vector<std::string> programs_in(Mender& mender, const std::string& file, std::string& source) {
  auto names = mender.programs_of(source);
  if (names.ok()) return std::move(*names);
  Mended better = mender.mend_object(source, names.status().context());
  if (better.source.empty()) {
    complain(file, "it does not compile, or libbpf cannot open it", "skep check says more");
    return {};
  }
  complain(file, "can be opened with the patch: " + better.words);
  source = std::move(better.source);
  names = mender.programs_of(source);
  return names.ok() ? std::move(*names) : std::vector<std::string>();
}

bool same_outcome(const object::ProgramResult& a, const object::ProgramResult& b) {
  return a.name == b.name && a.error == b.error && a.message == b.message && a.insns_processed == b.insns_processed &&
         a.total_states == b.total_states;
}

std::vector<object::ProgramResult> results_of(const object::ObjectFile& object, const object::Backend& backend,
                                              const object::CheckOptions& options) {
  std::vector<object::ProgramResult> results;
  object::LogBuffer buffer;
  const auto names = object::list_programs(object, backend);
  for (size_t i = 0; names.ok() && i < names->size(); ++i)
    results.push_back(object::check_program(object, i, backend, options, buffer));
  return results;
}

}  // namespace

std::string source_of_object(const std::string& file, const object::CompileOptions& compile,
                             const std::shared_ptr<const object::Backend>& backend,
                             const object::CheckOptions& options) {
  const auto objects = object::read_objects(file);
  const bool one = objects.ok() && objects->size() == 1;
  const auto results = one ? results_of(objects->front(), *backend, options) : std::vector<object::ProgramResult>();
  std::string source;
  for (const object::ProgramResult& result : results)
    if (!result.explanations.empty() && source.empty()) source = result.explanations.front().place.file;
  if (!source.ends_with(".c")) {
    complain(file, "--fix changes C source", "name the .bpf.c");
    return {};
  }
  Mender mender(source, compile, backend, options, kMaxCompilations);
  const auto text = mender.given();
  const auto same = [&](const object::ProgramResult& result) {
    const auto answer = mender.check(*text, result.name);
    return answer && same_outcome(*answer, result);
  };
  if (text && std::all_of(results.begin(), results.end(), same)) return source;
  complain(file,
           text ? "--fix changes C source, and " + source + " does not become this object as it is compiled here"
                : "--fix changes C source, and " + source + " is not there",
           "name the .bpf.c, with the -I and -D that it is compiled with");
  return {};
}

int fix_source(const std::string& file, const std::string& program, const object::CompileOptions& compile,
               std::shared_ptr<const object::Backend> backend, const object::CheckOptions& options) {
  Mender mender(file, compile, std::move(backend), options, kMaxCompilations);
  const auto given = mender.given();
  if (!given) {
    complain(file, std::strerror(errno));
    return kTrouble;
  }
  std::string source = *given;
  const std::vector<std::string> names = programs_in(mender, file, source);
  if (names.empty()) return kTrouble;
  int status = kOk;
  std::vector<std::string> loaded;
  for (const std::string& name : names) {
    if (!program.empty() && name != program) continue;
    auto result = mender.check(source, name);
    if (result && !result->accepted()) {
      auto better = mended(mender, source, std::move(*result), loaded);
      if (!better) status = kRejected;
      if (!better) continue;
      source = std::move(*better);
    }
    if (result) loaded.push_back(name);
  }
  print(unified_diff(file, *given, source));
  return status;
}

}  // namespace skep::cli
