// What `skep check` found, in the formats that other tools read. Schemas: docs/formats.md.
#pragma once

#include <string>
#include <vector>

#include "cli/results.h"

namespace skep::cli {

// SARIF 2.1.0: a run with a rule per code and a result per failure; the path is its threadFlow. `folder`: what relative
// URIs are relative to, with a slash at its end; files below it are named relative to it.
std::string as_sarif(const std::vector<FileResult>& results, const std::string& kernel, const std::string& folder);
// JUnit: a test suite per file, a test case per program, a failure for each that is not accepted.
std::string as_junit(const std::vector<FileResult>& results, const std::string& kernel);
// Workflow commands of GitHub Actions: one ::error line per failure. Nothing for what is accepted.
std::string as_github(const FileResult& result, const std::string& folder);

// `file` without `folder` in front, if it is below it.
std::string below(const std::string& file, const std::string& folder);

}  // namespace skep::cli
