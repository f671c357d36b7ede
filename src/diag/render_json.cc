// A rejection as a JSON object.
#include "diag/render_json.h"

#include "base/check.h"
#include "diag/cause.h"

namespace skep::diag {

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
