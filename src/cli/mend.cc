// See mend.h. In each round what may help is made in copies of the source; the first that loads is kept, or the first
// that fails in another way is gone on from.
#include "cli/mend.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "btf/btf.h"
#include "cli/source_edit.h"
#include "diag/match.h"

namespace skep::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxRounds = 4;  // changes on top of one another

// It fails in another way, or further on.
bool differs(const object::ProgramResult& before, const object::ProgramResult& after) {
  if (before.code != after.code) return true;
  if (before.explanations.empty() || after.explanations.empty()) return false;
  return before.explanations.front().place.source != after.explanations.front().place.source;
}

// Letters to change, add or leave out to get from one name to the other.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "skep-fix-XXXXXX").string();
  if (mkdtemp(name.data())) path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::string code_of_message(std::string_view message) {
  const auto match = diag::match_line(message);
  return match && match->cause ? std::string(match->cause->code) : std::string();
}

Mender::Mender(const std::string& file, object::CompileOptions compile, std::shared_ptr<const object::Backend> backend,
               const object::CheckOptions& options, int max_compilations)
    : file_(file),
      compile_(std::move(compile)),
      backend_(std::move(backend)),
      options_(options),
      max_compilations_(max_compilations) {
  compile_.btf_file = backend_->btf_file();
  const fs::path folder = fs::absolute(file_).parent_path();
  compile_.include_paths.insert(compile_.include_paths.begin(), folder.string());
}

std::optional<std::string> Mender::given() const {
  std::ifstream in(file_, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  if (!in || folder_.path().empty()) return std::nullopt;
  return text.str();
}

std::optional<object::ObjectFile> Mender::object_of(const std::string& source) {
  const fs::path copy = folder_.path() / fs::path(file_).filename();
  std::ofstream(copy, std::ios::binary) << source;
  auto compiled = object::compile_bpf(copy.string(), compile_);
  if (!compiled.ok() || compiled->object.empty()) return std::nullopt;
  return object::object_from_bytes(file_, std::move(compiled->object));
}

Result<std::vector<std::string>> Mender::programs_of(const std::string& source) {
  const auto object = object_of(source);
  if (!object) return error_status(EINVAL, "it does not compile");
  return object::list_programs(*object, *backend_);
}

std::optional<object::ProgramResult> Mender::check(const std::string& source, const std::string& program) {
  const auto object = object_of(source);
  if (!object) return std::nullopt;
  auto names = object::list_programs(*object, *backend_);
  if (!names.ok()) return std::nullopt;
  for (size_t i = 0; i < names->size(); ++i)
    if ((*names)[i] == program) return object::check_program(*object, i, *backend_, options_, buffer_);
  return std::nullopt;
}

// --- candidates -----------------------------------------------------------------------------------------------------

// What the compiler says of variables that were never set, where that may be the cause.
std::string Mender::warnings_of(const std::string& source, std::string_view code) {
  if (code != "E0104" && code != "E0406") return {};
  const fs::path copy = folder_.path() / fs::path(file_).filename();
  std::ofstream(copy, std::ios::binary) << source;
  object::CompileOptions options = compile_;
  options.flags = {"-Wuninitialized", "-Wsometimes-uninitialized", "-Wconditional-uninitialized"};
  const auto compiled = object::compile_bpf(copy.string(), options);
  return compiled.ok() ? compiled->diagnostics : std::string();
}

std::vector<std::string> Mender::functions_like(const std::string& name) const {
  constexpr size_t kMany = 6;
  std::ifstream in(backend_->btf_file(), std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  const auto bytes = std::make_shared<const std::string>(text.str());
  const auto types = btf::Btf::parse({reinterpret_cast<const u8*>(bytes->data()), bytes->size()}, bytes);
  if (!types.ok()) return {};
  std::vector<std::pair<size_t, std::string>> near;
  const size_t most = name.size() / 6 + 1;
  for (u32 id = 1; id < (*types)->nr_types(); ++id) {
    const btf::Type* type = (*types)->type_by_id(id);
    if (!type || type->kind() != btf::Kind::Func) continue;
    const std::string_view other = (*types)->name_of(type);
    const size_t longer = std::max(other.size(), name.size()) - std::min(other.size(), name.size());
    if (other.ends_with("_" + name)) near.emplace_back(longer, other);  // __x64_sys_openat
    if (longer > most) continue;
    if (const size_t d = distance(name, other); d <= most) near.emplace_back(d, other);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < near.size() && i < kMany; ++i) names.push_back(near[i].second);
  return names;
}

// What was tried on the instructions, where it can be written in C.
std::vector<Mender::Candidate> Mender::from_instructions(const std::string& source,
                                                         const object::ProgramResult& result) const {
  std::vector<Candidate> found;
  if (result.explanations.empty()) return found;
  for (const diag::Fix& fix : result.explanations.front().fixes) {
    const bool here = fix.file.empty() || fs::path(fix.file).filename() == fs::path(file_).filename();
    if (fix.edit.kind == diag::SourceEdit::Kind::None || !here) continue;
    const bool counts = fix.edit.kind == diag::SourceEdit::Kind::Bound;  // as good as can_loop, which needs a header
    const std::string words = counts ? "count the rounds of the loop, and end it after a number of them" : fix.words;
    for (std::string& copy : edited_sources(source, fix.edit, fix.line, result.name))
      found.push_back({words, std::move(copy)});
  }
  return found;
}

std::vector<Mender::Candidate> Mender::candidates(const std::string& source, const object::ProgramResult& result) {
  Failing failing;
  failing.code = result.code.empty() ? code_of_message(result.message) : result.code;
  failing.message = result.message;
  failing.program = result.name;
  failing.prog_type = object::program_type_named(result.type);
  const diag::Explanation* why = result.explanations.empty() ? nullptr : &result.explanations.front();
  if (why && (why->place.file.empty() || fs::path(why->place.file).filename() == fs::path(file_).filename()))
    failing.why = why;
  failing.warnings = warnings_of(source, failing.code);
  failing.functions_like = [this](const std::string& name) { return functions_like(name); };
  std::vector<Candidate> all, more = from_instructions(source, result);
  for (RemedyInSource& remedy : remedies_in_source(source, failing))
    all.push_back({std::move(remedy.words), std::move(remedy.source)});
  if (prefers_source(failing.code)) std::swap(all, more);
  more.insert(more.end(), std::make_move_iterator(all.begin()), std::make_move_iterator(all.end()));
  return more;
}

// --- rounds ---------------------------------------------------------------------------------------------------------

Mended Mender::mend(std::string source, object::ProgramResult result) {
  int compilations = 0;
  std::string done;
  for (u32 round = 1; round <= kMaxRounds; ++round) {
    std::optional<std::pair<Candidate, object::ProgramResult>> further;
    for (Candidate& candidate : candidates(source, result)) {
      if (++compilations > max_compilations_) break;
      auto answer = check(candidate.source, result.name);
      if (!answer) continue;
      if (answer->accepted()) return {std::move(candidate.source), done + candidate.words, round};
      if (!further && answer->rejected() && differs(result, *answer))
        further.emplace(std::move(candidate), std::move(*answer));
    }
    if (!further) break;
    done += further->first.words + "; and then: ";
    source = std::move(further->first.source);
    result = std::move(further->second);
  }
  return {
      {}, done.empty() ? "no change to the source was found that makes it load" : "it still fails after: " + done, 0};
}

Mended Mender::mend_object(const std::string& source, const std::string& message) {
  Failing failing;
  failing.code = code_of_message(message);
  failing.message = message;
  for (RemedyInSource& remedy : remedies_in_source(source, failing))
    if (programs_of(remedy.source).ok()) return {std::move(remedy.source), std::move(remedy.words), 1};
  return {{}, "no change to the source was found with which libbpf can open it", 0};
}

}  // namespace skep::cli
