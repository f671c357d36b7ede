// See fix.h. For each rejected program the suggestions of its first failure are made in a copy of the source; each copy
// is compiled and verified again, and the first that loads is kept, or the first that fails in another way is gone on
// from.
#include "cli/fix.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "cli/say.h"
#include "cli/source_edit.h"
#include "cli/verbs.h"

namespace skep::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxCompilations = 24;  // of one program's copies
constexpr int kMaxRounds = 4;         // changes on top of one another

// A folder that goes when its owner does.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "skep-fix-XXXXXX").string();
    if (mkdtemp(name.data())) path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Fixer {
 public:
  Fixer(const std::string& file, object::CompileOptions compile, std::shared_ptr<const object::Backend> backend,
        const object::CheckOptions& options)
      : file_(file), compile_(std::move(compile)), backend_(std::move(backend)), options_(options) {
    compile_.btf_file = backend_->btf_file();
    const fs::path folder = fs::absolute(file_).parent_path();
    compile_.include_paths.insert(compile_.include_paths.begin(), folder.string());
  }

  int run(const std::string& program);

 private:
  std::optional<object::ObjectFile> object_of(const std::string& source);
  std::optional<object::ProgramResult> check(const std::string& source, const std::string& program);
  std::vector<std::string> programs_of(const std::string& source);
  // The source with which the program loads, or nothing; `words` are what was done, or why nothing was.
  std::optional<std::string> mended(std::string source, object::ProgramResult result, std::string& words);

  const std::string file_;
  object::CompileOptions compile_;
  std::shared_ptr<const object::Backend> backend_;
  const object::CheckOptions options_;
  object::LogBuffer buffer_;
  Folder folder_;
};

std::optional<object::ObjectFile> Fixer::object_of(const std::string& source) {
  const fs::path copy = folder_.path() / fs::path(file_).filename();
  std::ofstream(copy, std::ios::binary) << source;
  auto compiled = object::compile_bpf(copy.string(), compile_);
  if (!compiled.ok() || compiled->object.empty()) return std::nullopt;
  return object::object_from_bytes(file_, std::move(compiled->object));
}

std::vector<std::string> Fixer::programs_of(const std::string& source) {
  const auto object = object_of(source);
  if (!object) return {};
  auto names = object::list_programs(*object, *backend_);
  return names.ok() ? std::move(*names) : std::vector<std::string>();
}

std::optional<object::ProgramResult> Fixer::check(const std::string& source, const std::string& program) {
  const auto object = object_of(source);
  if (!object) return std::nullopt;
  auto names = object::list_programs(*object, *backend_);
  if (!names.ok()) return std::nullopt;
  for (size_t i = 0; i < names->size(); ++i)
    if ((*names)[i] == program) return object::check_program(*object, i, *backend_, options_, buffer_);
  return std::nullopt;
}

// It fails in another way, or further on.
bool differs(const object::ProgramResult& before, const object::ProgramResult& after) {
  if (before.code != after.code) return true;
  if (before.explanations.empty() || after.explanations.empty()) return false;
  return before.explanations.front().place.source != after.explanations.front().place.source;
}

std::optional<std::string> Fixer::mended(std::string source, object::ProgramResult result, std::string& words) {
  int compilations = 0;
  std::string done;
  for (int round = 0; round < kMaxRounds; ++round) {
    if (result.explanations.empty()) break;
    const diag::Explanation& failure = result.explanations.front();
    std::optional<std::pair<std::string, object::ProgramResult>> further;
    std::string further_words;
    for (const diag::Fix& fix : failure.fixes) {
      const bool here = fix.file.empty() || fs::path(fix.file).filename() == fs::path(file_).filename();
      if (fix.edit.kind == diag::SourceEdit::Kind::None || !here) continue;
      const std::string said = (done.empty() ? "" : done + "; and then: ") + fix.words;
      for (std::string& copy : edited_sources(source, fix.edit, fix.line, result.name)) {
        if (++compilations > kMaxCompilations) break;
        auto answer = check(copy, result.name);
        if (!answer) continue;
        if (answer->accepted()) {
          words = said;
          return std::move(copy);
        }
        if (further || !answer->rejected() || !differs(result, *answer)) continue;
        further.emplace(std::move(copy), std::move(*answer));
        further_words = said;
      }
    }
    if (!further) break;
    source = std::move(further->first);
    result = std::move(further->second);
    done = further_words;
  }
  words = done.empty() ? "no change to the source was found that makes it load" : "it still fails after: " + done;
  return std::nullopt;
}

int Fixer::run(const std::string& program) {
  std::ifstream in(file_, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in || folder_.path().empty()) {
    complain(file_, std::strerror(errno));
    return kTrouble;
  }
  const std::string given = text.str();
  const std::vector<std::string> names = programs_of(given);
  if (names.empty()) {
    complain(file_, "it does not compile, or libbpf cannot open it", "skep check says more");
    return kTrouble;
  }
  std::string source = given;
  int status = kOk;
  std::vector<std::string> loaded;
  for (const std::string& name : names) {
    if (!program.empty() && name != program) continue;
    auto result = check(source, name);
    if (result && result->accepted()) loaded.push_back(name);
    if (!result || result->accepted()) continue;
    std::string words;
    auto better = mended(source, std::move(*result), words);
    for (const std::string& other : loaded) {  // those that loaded must not stop doing so
      const auto answer = better ? check(*better, other) : std::nullopt;
      if (!better || (answer && answer->accepted())) continue;
      better.reset();
      words = "what makes it load makes " + other + " fail";
    }
    complain(name, (better ? "loads with the patch: " : "not mended: ") + words);
    if (better) source = std::move(*better), loaded.push_back(name);
    if (!better) status = kRejected;
  }
  print(unified_diff(file_, given, source));
  return status;
}

}  // namespace

int fix_source(const std::string& file, const std::string& program, const object::CompileOptions& compile,
               std::shared_ptr<const object::Backend> backend, const object::CheckOptions& options) {
  return Fixer(file, compile, std::move(backend), options).run(program);
}

}  // namespace skep::cli
