// Which source lines of a program ran, and how often: from the counts of its instructions and its line information.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/types.h"
#include "sys/kernel.h"

namespace skep::cli {

struct CoveredLine {
  u64 count = 0;
  std::string text;  // as the compiler saw it
};

struct CoveredFile {
  std::string path;
  std::map<u32, CoveredLine> lines;  // by number; lines without code are not in it
};

struct CoveredFunction {
  std::string name, path;
  u32 line = 0;
  u64 count = 0;
};

struct Coverage {
  std::vector<CoveredFile> files;
  std::vector<CoveredFunction> functions;
};

// Of all runs of the program until now, in a kernel that counts (KernelConfig::count_insns). EINVAL: it does not, or
// the program has no line information.
Result<Coverage> coverage_of(sys::Kernel& kernel, int prog_fd);

// The source with counts, "#####" where a line never ran.
std::string annotated(const Coverage& coverage);
// lcov's tracefile, for genhtml and editors.
std::string lcov(const Coverage& coverage);

}  // namespace skep::cli
