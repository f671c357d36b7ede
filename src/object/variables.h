// The variables of an object's functions, from its debug information (DWARF, through elfutils' libdw).
#pragma once

#include <memory>
#include <vector>

#include "diag/variables.h"

namespace skep::object {

// Null if the object has no debug information, or skep was built without libdw.
std::shared_ptr<const diag::Variables> read_variables(const std::vector<u8>& object);

}  // namespace skep::object
