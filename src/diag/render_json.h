// A rejection, and its explanation, for machines (docs/formats.md).
#pragma once

#include <string>

#include "base/json.h"
#include "diag/explanation.h"
#include "diag/rejection.h"

namespace skep::diag {

// {"code", "kind", "errno", "message", "facts"}: errno positive, the message without its last newline, the facts by the
// names of kinds.def.
void write_json(JsonWriter& json, const Rejection& rejection);
std::string to_json(const Rejection& rejection);

// A member `patch` of the object that is being written, if there is one.
void write_patch(JsonWriter& json, const SourcePatch& patch);

// Members of the object that is being written (docs/formats.md: PLACE).
void write_json(JsonWriter& json, const Place& place);
void write_json(JsonWriter& json, const Event& event);

// Everything that the text rendering shows, and what it is made of.
void write_json(JsonWriter& json, const Explanation& explanation);

}  // namespace skep::diag
