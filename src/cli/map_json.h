// The maps of a loaded object as JSON: filled before a run, shown after it.
#pragma once

#include "cli/runner.h"

namespace skep::cli {

// "name=file.json": an array of {"key": ..., "value": ...}, or of values by index. errno and why.
Status fill_map(const Runner& runner, const std::string& assignment);

// Every map by name: an array of {"key", "value"}; of arrays only the elements that are not zero; of data sections
// their variables. What cannot be listed is null.
Json show_maps(const Runner& runner);

}  // namespace skep::cli
