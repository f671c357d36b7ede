// A rejection for machines: {"code", "kind", "errno", "message", "facts"}.
#pragma once

#include <string>

#include "base/json.h"
#include "diag/rejection.h"

namespace skep::diag {

// Writes one object: errno positive, the message without its last newline, the facts by the names of kinds.def.
void write_json(JsonWriter& json, const Rejection& rejection);
std::string to_json(const Rejection& rejection);

}  // namespace skep::diag
