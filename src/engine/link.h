// From a verified program to code that engines run.
#pragma once

#include "base/status.h"
#include "engine/code.h"
#include "engine/machine.h"

namespace skep::engine {

// `handle_of` gives the handle of each map that the facts name, never null. The code keeps `facts` and the handles
// alive. `counts`: the code counts how often each instruction runs (Code::counts). EINVAL: the program has an
// instruction that this engine does not know (which the verifier does not accept).
using HandleOf = std::function<std::shared_ptr<MapHandle>(const map::MapMeta&)>;
Result<std::unique_ptr<Code>> link(std::shared_ptr<const verifier::ExecFacts> facts, const target::Target& target,
                                   const HandleOf& handle_of, const HostBodies* host = nullptr, bool counts = false);

}  // namespace skep::engine
