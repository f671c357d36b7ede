// SARIF 2.1.0 (OASIS): what GitHub's code scanning and editors read. One run, one result per failure; the path to it is
// a codeFlow with one threadFlow, so that a reader can step through it.
#include <set>

#include "base/json.h"
#include "cli/formats.h"
#include "diag/cause.h"

namespace skep::cli {
namespace {

constexpr char kSchema[] = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr char kHome[] = "SRCROOT";  // what relative URIs are relative to

// Bytes that a URI may hold as they are; the others become %XX.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/";
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", u8(c));
  }
  return path.starts_with('/') ? "file://" + out : out;
}

class Sarif {
 public:
  explicit Sarif(const std::string& folder) : folder_(folder) {}
  std::string write(const std::vector<FileResult>& results, const std::string& kernel);

 private:
  void rules(const std::vector<FileResult>& results);
  void results_of(const FileResult& file, const object::ProgramResult& program);
  void result(const std::string& object, const object::ProgramResult& program, const diag::Explanation& e, bool first);
  void unexplained(const std::string& object, const object::ProgramResult& program);
  void location(const std::string& object, const diag::Place& place, std::string_view text);
  void code_flow(const std::string& object, const diag::Explanation& e);
  void message(std::string_view text) { json_.key("message").begin_object().member("text", text).end_object(); }
  void artifact(const std::string& file);
  void fixes(const diag::SourcePatch& patch, const std::vector<std::string>& help);

  const std::string& folder_;
  JsonWriter json_{1};
};

void Sarif::artifact(const std::string& file) {
  const std::string name = below(file, folder_);
  json_.key("artifactLocation").begin_object().member("uri", uri_of(name));
  if (!name.starts_with('/')) json_.member("uriBaseId", kHome);
  json_.end_object();
}

// A place in the source, or, where there is none, the object and the instruction.
void Sarif::location(const std::string& object, const diag::Place& place, std::string_view text) {
  json_.begin_object().key("physicalLocation").begin_object();
  artifact(place.file.empty() ? object : place.file);
  if (place.line) {
    json_.key("region").begin_object().member("startLine", place.line);
    if (place.in_c && !place.span.empty())
      json_.member("startColumn", place.span.begin + 1).member("endColumn", place.span.end + 1);
    json_.key("snippet").begin_object().member("text", place.source).end_object().end_object();
  }
  json_.end_object();
  if (!place.function.empty()) {
    json_.key("logicalLocations").begin_array().begin_object();
    json_.member("name", place.function).member("kind", "function").end_object().end_array();
  }
  if (!text.empty()) message(text);
  json_.end_object();
}

void Sarif::code_flow(const std::string& object, const diag::Explanation& e) {
  if (e.path.empty()) return;
  json_.key("codeFlows").begin_array().begin_object().key("threadFlows").begin_array().begin_object();
  json_.key("locations").begin_array();
  int order = 0;
  const auto step = [&](const diag::Place& place, std::string_view text, bool essential) {
    json_.begin_object().member("executionOrder", ++order);
    json_.member("importance", essential ? "essential" : "important").key("location");
    location(object, place, text);
    json_.end_object();
  };
  for (const diag::Event& event : e.path) step(event.place, event.label, event.essential);
  step(e.place, e.label.empty() ? e.title : e.label, true);
  json_.end_array().end_object().end_array().end_object().end_array();
}

// Whole lines: from the beginning of the first that goes to the beginning of the first that stays.
void Sarif::fixes(const diag::SourcePatch& patch, const std::vector<std::string>& help) {
  if (patch.hunks.empty()) return;
  json_.key("fixes").begin_array().begin_object();
  json_.key("description").begin_object().member("text", help.front()).end_object();
  json_.key("artifactChanges").begin_array().begin_object();
  artifact(patch.file);
  json_.key("replacements").begin_array();
  for (const diag::SourcePatch::Hunk& hunk : patch.hunks) {
    std::string text;
    for (const std::string& line : hunk.added) text += line + "\n";
    json_.begin_object().key("deletedRegion").begin_object();
    json_.member("startLine", hunk.line).member("startColumn", 1);
    json_.member("endLine", hunk.line + u32(hunk.removed.size())).member("endColumn", 1).end_object();
    json_.key("insertedContent").begin_object().member("text", text).end_object().end_object();
  }
  json_.end_array().end_object().end_array().end_object().end_array();
}

void Sarif::result(const std::string& object, const object::ProgramResult& program, const diag::Explanation& e,
                   bool first) {
  json_.begin_object().member("ruleId", e.code()).member("level", "error");
  std::string text = e.title + ".";
  if (!e.required.empty()) text += " Required: " + e.required + ".";
  if (!e.known_text.empty()) text += " Known: " + e.known_text + ".";
  for (const std::string& help : e.help) text += " Help: " + help + ".";
  message(text);
  json_.key("locations").begin_array();
  location(object, e.place, e.label);
  json_.end_array();
  code_flow(object, e);
  fixes(e.patch, e.help);
  json_.key("properties").begin_object().member("program", program.name).member("object", below(object, folder_));
  json_.member("errno", -program.error).member("kernelText", e.kernel).member("kernelStopsHere", first);
  if (const std::string witness = diag::to_words(e.witness); !witness.empty())
    json_.member("witness", witness).member("witnessVerdict", diag::verdict_name(e.witness.verdict));
  json_.end_object().end_object();
}

void Sarif::unexplained(const std::string& object, const object::ProgramResult& program) {
  json_.begin_object();
  if (!program.code.empty()) json_.member("ruleId", program.code);
  json_.member("level", "error");
  std::string text = program.message.empty() ? "the program cannot be loaded" : program.message;
  for (const std::string& help : program.help) text += ". Help: " + help + ".";
  message(text);
  json_.key("locations").begin_array();
  location(object, {.function = program.name}, {});
  json_.end_array();
  fixes(program.patch, program.help);
  json_.key("properties").begin_object().member("program", program.name).member("errno", -program.error);
  json_.end_object().end_object();
}

void Sarif::results_of(const FileResult& file, const object::ProgramResult& program) {
  if (program.accepted()) return;
  if (program.explanations.empty()) return unexplained(file.file, program);
  for (const diag::Explanation& e : program.explanations)
    result(file.file, program, e, &e == &program.explanations.front());
}

// The rules that results refer to.
void Sarif::rules(const std::vector<FileResult>& results) {
  std::set<std::string> codes;
  for (const FileResult& file : results) {
    for (const auto& program : file.programs) {
      if (!program.accepted() && !program.code.empty()) codes.insert(program.code);
      for (const diag::Explanation& e : program.explanations) codes.emplace(e.code());
    }
  }
  json_.key("rules").begin_array();
  for (const std::string& code : codes) {
    json_.begin_object().member("id", code);
    if (const diag::CauseRow* cause = diag::find_cause(code))
      json_.key("shortDescription").begin_object().member("text", cause->title).end_object();
    json_.key("help").begin_object().member("text", "skep explain " + code).end_object().end_object();
  }
  json_.end_array();
}

std::string Sarif::write(const std::vector<FileResult>& results, const std::string& kernel) {
  json_.begin_object().member("$schema", kSchema).member("version", "2.1.0").key("runs").begin_array();
  json_.begin_object().key("tool").begin_object().key("driver").begin_object().member("name", "skep");
  rules(results);
  json_.end_object().end_object();
  json_.key("originalUriBaseIds").begin_object().key(kHome).begin_object();
  json_.member("uri", uri_of(folder_)).end_object().end_object();
  json_.member("columnKind", "utf16CodeUnits");
  json_.key("results").begin_array();
  for (const FileResult& file : results) {
    if (file.error)
      unexplained(file.file, {.error = -file.error, .message = file.message, .help = file.help, .patch = file.patch});
    for (const auto& program : file.programs) results_of(file, program);
  }
  json_.end_array().key("properties").begin_object().member("kernel", kernel).end_object();
  json_.end_object().end_array().end_object();
  return json_.take() + "\n";
}

}  // namespace

std::string below(const std::string& file, const std::string& folder) {
  const bool is_below = !folder.empty() && file.size() > folder.size() && file.starts_with(folder);
  return is_below ? file.substr(folder.size()) : file;
}

std::string as_sarif(const std::vector<FileResult>& results, const std::string& kernel, const std::string& folder) {
  return Sarif(folder).write(results, kernel);
}

}  // namespace skep::cli
