// What `skep check` found, and its renderings.
#pragma once

#include <string>
#include <vector>

#include "object/loader.h"

namespace skep::cli {

struct FileResult {
  std::string file;     // the label: path, or path[n]
  int error = 0;        // positive errno: it could not be opened
  std::string message;  // why
  std::vector<object::ProgramResult> programs;
};

// One line per program with verdict, counts and time; under a rejected one, the end of its log.
std::string as_text(const FileResult& result, bool colour);
// The logs themselves, byte for byte.
std::string as_kernel_log(const FileResult& result);
// The whole document.
std::string as_json(const std::vector<FileResult>& results, const std::string& kernel);
std::string csv_header();
std::string as_csv(const FileResult& result);

// The exit status these results ask for.
int exit_status(const std::vector<FileResult>& results);

}  // namespace skep::cli
