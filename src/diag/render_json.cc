// See render_json.h.
#include "diag/render_json.h"

#include <algorithm>

#include "base/check.h"
#include "diag/cause.h"
#include "diag/words.h"

namespace skep::diag {
namespace {

void write_known(JsonWriter& json, const Known& known) {
  json.key("known").begin_object().member("words", words_of(known)).member("type", known.type);
  if (known.kind == Known::Kind::Number) {
    json.member("min", known.smin).member("max", known.smax);
    json.member("unsigned_min", known.umin).member("unsigned_max", known.umax);
  }
  if (known.kind == Known::Kind::Pointer) {
    json.member("may_be_null", known.may_be_null).member("object", known.object).member("offset", known.off);
    json.member("variable_min", known.smin).member("variable_max", known.smax);
    if (known.sized) json.member("size", known.size);
  }
  json.end_object();
}

void write_witness(JsonWriter& json, const Witness& witness) {
  json.key("witness").begin_object().member("verdict", verdict_name(witness.verdict));
  json.member("words", to_words(witness));
  if (!witness.reason.empty()) json.member("reason", witness.reason);
  json.key("inputs").begin_array();
  for (const WitnessInput& input : witness.inputs)
    json.begin_object().member("name", input.name).member("value", input.value).end_object();
  json.end_array().member("time_us", witness.time_us).end_object();
}

void write_strings(JsonWriter& json, std::string_view name, const std::vector<std::string>& strings) {
  json.key(name).begin_array();
  for (const std::string& text : strings) json.value(text);
  json.end_array();
}

void write_fixes(JsonWriter& json, const Explanation& e) {
  json.member("fixes_load", e.fixes_load).key("fixes").begin_array();
  for (const Fix& fix : e.fixes) {
    json.begin_object().member("words", fix.words);
    if (fix.insn >= 0) json.member("insn", fix.insn);
    if (fix.line) json.member("file", fix.file).member("line", fix.line);
    if (fix.edit.kind != SourceEdit::Kind::None) {
      json.member("edit", edit_name(fix.edit.kind));
      if (!fix.edit.code.empty()) json.member("code", fix.edit.code);
    }
    json.end_object();
  }
  json.end_array();
}

void write_hunks(JsonWriter& json, const SourcePatch& patch) {
  json.key("patch").begin_object().member("file", patch.file).key("hunks").begin_array();
  for (const SourcePatch::Hunk& hunk : patch.hunks) {
    json.begin_object().member("line", hunk.line);
    write_strings(json, "removed", hunk.removed);
    write_strings(json, "added", hunk.added);
    json.end_object();
  }
  json.end_array().end_object();
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

void write_json(JsonWriter& json, const Place& place) {
  if (place.insn >= 0) json.member("insn", place.insn).member("instruction", place.assembly);
  if (!place.function.empty()) json.member("function", place.function);
  if (place.file.empty()) return;
  json.member("file", place.file).member("line", place.line).member("column", place.column);
  json.member("source", place.source);
  if (!place.expression().empty()) {
    json.member("expression", place.expression());
    json.key("span").begin_array().value(place.span.begin).value(place.span.end).end_array();
  }
}

void write_json(JsonWriter& json, const Event& event) {
  json.begin_object().member("event", event_name(event.kind)).member("label", event.label);
  if (!event.name.empty()) json.member("name", event.name);
  if (!event.detail.empty()) json.member("detail", event.detail);
  json.member("essential", event.essential);
  write_json(json, event.place);
  if (event.known.kind != Known::Kind::Unset) write_known(json, event.known);
  json.end_object();
}

void write_json(JsonWriter& json, const Explanation& e) {
  json.begin_object().member("code", e.code()).member("title", e.title);
  write_json(json, e.place);
  json.member("label", e.label);
  if (!e.subject.empty()) json.member("subject", e.subject);
  if (e.known.kind != Known::Kind::Unset) write_known(json, e.known);
  json.member("required", e.required).member("known_words", e.known_text);
  json.key("path").begin_array();
  for (const Event& event : e.path) write_json(json, event);
  json.end_array().member("path_insns", e.path_insns);
  write_strings(json, "notes", e.notes);
  if (e.witness.verdict != Witness::Verdict::NotAsked) write_witness(json, e.witness);
  write_strings(json, "help", e.help);
  if (!e.fixes.empty()) write_fixes(json, e);
  write_patch(json, e.patch);
  write_strings(json, "kernel", lines_of(e.kernel));
  write_strings(json, "noise", e.noise);
  json.key("facts").begin_object();
  for (const auto& [name, value] : e.facts) json.member(name, value);
  json.end_object().key("rejection");
  write_json(json, e.rejection);
  json.end_object();
}

void write_patch(JsonWriter& json, const SourcePatch& patch) {
  if (!patch.hunks.empty()) write_hunks(json, patch);
}

void write_json(JsonWriter& json, const Rejection& rejection) {
  const KindRow& row = kind_row(rejection.kind);
  std::string_view message = rejection.line;
  if (message.ends_with('\n')) message.remove_suffix(1);
  json.begin_object();
  json.member("code", cause_of(rejection).code);
  json.member("kind", row.name);
  json.member("errno", rejection.error);
  json.member("message", message);
  json.key("facts").begin_object();
  const std::vector<std::string_view> names = field_names(rejection.kind);
  SKEP_CHECK(names.size() == rejection.facts.size());
  for (size_t i = 0; i < names.size(); ++i)
    std::visit([&](const auto& fact) { json.member(names[i], fact); }, rejection.facts[i]);
  json.end_object();
  json.end_object();
}

std::string to_json(const Rejection& rejection) {
  JsonWriter json;
  write_json(json, rejection);
  return json.take();
}

}  // namespace skep::diag
