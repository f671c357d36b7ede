// What to do about a program that `skep check` did not accept, tried: a change to its source, where that was given, or
// a capability for its loader.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/results.h"
#include "object/compile.h"

namespace skep::cli {

struct Advice {
  std::shared_ptr<const object::Backend> backend;  // null: no advice
  object::CompileOptions compile;
  // Capabilities that the loader lacks, and the kernel with that one more.
  std::vector<std::pair<std::string, std::shared_ptr<const object::Backend>>> with;

  // Of the `index`-th program of an object, which was not accepted.
  void add(const object::ObjectFile& object, size_t index, const object::CheckOptions& options,
           object::LogBuffer& buffer, object::ProgramResult& result) const;
  // Of an object that libbpf could not open.
  void add(FileResult& file) const;
};

}  // namespace skep::cli
