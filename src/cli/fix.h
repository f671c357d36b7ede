// `skep check --fix`: a patch for the source, of changes that were compiled and verified.
#pragma once

#include <memory>
#include <string>

#include "object/compile.h"
#include "object/loader.h"

namespace skep::cli {

// Prints on standard output the patch that makes the rejected programs of a .bpf.c load (`program` alone, if that is
// not empty), and on standard error what was found for each. The exit status: 0 all load now, 1 some do not, 2 trouble.
int fix_source(const std::string& file, const std::string& program, const object::CompileOptions& compile,
               std::shared_ptr<const object::Backend> backend, const object::CheckOptions& options);

// The source that an object was compiled from: its debug information says where it was, and what is there now is
// compiled to programs with the same verdicts, messages and counts. Empty, and a complaint that says what to name:
// there is none.
std::string source_of_object(const std::string& file, const object::CompileOptions& compile,
                             const std::shared_ptr<const object::Backend>& backend,
                             const object::CheckOptions& options);

}  // namespace skep::cli
