// What a host application runs when its programs call kfuncs of its own, or helpers that it has a better body for.
#pragma once

#include <string>
#include <unordered_map>

#include "engine/code.h"

namespace skep::engine {

struct HostBodies {
  std::unordered_map<std::string, HelperFn> kfuncs;  // by name
  std::unordered_map<u32, HelperFn> helpers;         // by id

  HelperFn kfunc(std::string_view name) const {
    const auto found = kfuncs.find(std::string(name));
    return found == kfuncs.end() ? nullptr : found->second;
  }
  HelperFn helper(u32 id) const {
    const auto found = helpers.find(id);
    return found == helpers.end() ? nullptr : found->second;
  }
};

}  // namespace skep::engine
