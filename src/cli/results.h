// What `skep check` found, and its renderings.
#pragma once

#include <string>
#include <vector>

#include "diag/render_text.h"
#include "object/loader.h"

namespace skep::cli {

struct FileResult {
  std::string file;               // the label: path, or path[n]
  int error = 0;                  // positive errno: it could not be opened
  std::string message;            // why
  std::vector<std::string> help;  // of one that could not be opened; the first with the patch, if there is one
  diag::SourcePatch patch;        // of the source, with which it can be
  std::vector<object::ProgramResult> programs;
};

// All results of one kernel.
struct KernelResults {
  std::string kernel;
  std::vector<FileResult> files;
};

// One line per program with verdict, counts and time; under a rejected one, why: explained, or the end of its log where
// the running kernel decided.
std::string as_text(const FileResult& result, const diag::TextStyle& style);
// The logs themselves, byte for byte.
std::string as_kernel_log(const FileResult& result);
// The whole document.
std::string as_json(const std::vector<FileResult>& results, const std::string& kernel);
std::string csv_header(bool with_kernel);
// With a column for the kernel, unless that is empty.
std::string as_csv(const FileResult& result, const std::string& kernel);
// Of several kernels, about the same files: a line per program, a column per kernel; under it what rejected it where.
std::string as_table(const std::vector<KernelResults>& kernels, bool colour);

// The exit status these results ask for.
int exit_status(const std::vector<FileResult>& results);

}  // namespace skep::cli
